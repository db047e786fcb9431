/**
 * Give a message a button that takes it away.
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
    // The focus would be lost with the button: a keyboard user goes on where the page begins.
    document.querySelector("main").focus();
  });
  message.append(button);
}
