"""The hash of passwords: Argon2 with parameters for small machines."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.contrib.auth import hashers

HASHES_AT_ONCE = 1  # per process: more would not be faster, and each takes 19 MiB of memory


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with OWASP's parameters of 19 MiB, two iterations and one thread.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return hashing_threads(os.getpid()).submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        return hashing_threads(os.getpid()).submit(super().verify, password, encoded).result()


@cache
def hashing_threads(process_id: int) -> ThreadPoolExecutor:
    """Return the threads of this process: gunicorn's fork does not copy those of the parent.

    A semaphore would not do: each of gunicorn's threads would keep 19 MiB for its next hash (seen: 80 MB, not 20).
    """
    return ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="argon2")
