/**
 * Give a message a button that removes it.
 *
 * @param {HTMLElement} message  The button's name is the value of its `data-dismiss`, so that it can be translated.
 */
export default function dismiss(message) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "✕";
  button.ariaLabel = message.dataset.dismiss;
  button.addEventListener("click", () => {
    const list = message.closest("[data-messages]");
    message.remove();
    if (list && !list.querySelector("[data-dismiss]")) {
      list.remove();
    }
    // Removing the button loses the focus. Move it, so that a keyboard user continues at the start of the content.
    document.querySelector("main").focus();
  });
  message.append(button);
}
