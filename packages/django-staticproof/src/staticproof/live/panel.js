// The panel of staticproof.live, for development only. STYLE is panel.css. The query of this script's URL names the page.
const STATE = new URL(`state.json${new URL(import.meta.url).search}`, import.meta.url).href;
const PAUSE = 300; // milliseconds between two requests
const KEY = "staticproof-closed"; // the faults whose list the reader has closed in this tab
let last = ""; // the last answer
let faults = "";
let allowed = true;

const host = document.createElement("staticproof-panel");
const root = host.attachShadow({ mode: "open" });
const style = new CSSStyleSheet(); // a Content-Security-Policy blocks <style>, and allows this
style.replaceSync(STYLE);
root.adoptedStyleSheets = [style];
const panel = add(root, "aside");
panel.ariaLabel = "Static files";
const details = add(panel, "details");
const summary = add(details, "summary");
const list = add(details, "div");
summary.addEventListener("click", () => sessionStorage.setItem(KEY, details.open ? faults : ""));

function add(parent, name, text = "") {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
}

function show({ findings, more, numbers }) {
  const count = findings.length + more;
  const errors = JSON.stringify(findings.filter((finding) => finding.error));
  summary.textContent = count ? `${count} static ${count === 1 ? "finding" : "findings"}` : "✓ static";
  details.className = errors === "[]" ? "" : "faults";
  list.replaceChildren();
  for (const { place, id, message, hint, copy } of findings) {
    const section = add(list, "section");
    add(add(section, "strong", `${place} `), "small", id);
    add(section, "p", message);
    if (hint) addButton(section, hint, copy);
  }
  add(add(list, "section"), "small", more ? `And ${more} more, which manage.py check names.` : numbers.join(" "));
  if (errors !== faults) details.open = errors !== "[]" && sessionStorage.getItem(KEY) !== errors;
  faults = errors;
}

function addButton(section, hint, copy) {
  const [before, ...after] = hint.split(copy);
  const button = add(section, "button", before);
  const code = add(button, "code", copy);
  button.append(after.join(copy));
  button.dataset.copy = "copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(copy);
      button.dataset.copy = "✓ copied";
    } catch {
      getSelection().selectAllChildren(code); // browsers have no clipboard without HTTPS, except on localhost
    }
  });
}

async function ask() {
  try {
    const response = await fetch(STATE, { cache: "no-store" });
    const text = await response.text();
    if (response.ok && text !== last) show(JSON.parse(text));
    if (response.ok) last = text;
    if (!host.isConnected) document.documentElement.append(host);
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 2 * PAUSE)); // the server starts again
  }
  if (document.hidden) document.addEventListener("visibilitychange", ask, { once: true });
  else if (allowed) setTimeout(ask, PAUSE);
}

document.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
  allowed &&= blockedURI !== STATE; // connect-src of the page lacks 'self'
});
if (window === window.top) ask();
