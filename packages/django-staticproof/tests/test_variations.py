"""Two hundred random healthy variations have no findings. A fault planted in one of them is found at its place."""

from pathlib import Path

from .analyser import Analyser
from .conftest import Project
from .variations import Variation, make

COUNT = 200


def write(project: Project, variations: list[Variation]) -> None:
    for variation in variations:
        for name, text in variation.static.items():
            project.write(f"static/{name}", text)
        for name, text in variation.templates.items():
            project.write(f"templates/{name}", text)


def test_random_healthy_variations_have_no_findings(project: Project, analyser: Analyser) -> None:
    write(project, [make(number, faulty=False) for number in range(COUNT)])
    result = analyser.run(project.root)
    assert result["findings"] == []
    assert result["statistics"]["templates"] == 4 + 4 * COUNT


def test_a_fault_in_a_random_variation_is_found_alone(project: Project, analyser: Analyser) -> None:
    variations = [make(number, faulty=True) for number in range(COUNT, 2 * COUNT)]
    write(project, variations)
    names = [name for variation in variations for name in variation.templates]
    project.write("blog/names.py", f"NAMES = {names!r}\n")  # a fault in a template that nothing names is a warning
    planted = sorted(
        (f"staticproof.{rule}", str(Path("templates", name)), line)
        for rule, name, line in (variation.fault for variation in variations if variation.fault)
    )
    assert len(planted) == COUNT
    found = analyser.run(project.root)["findings"]
    assert sorted((finding["id"], finding["file"], finding["line"]) for finding in found) == planted
