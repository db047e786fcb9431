// The scripts of the whole site. Every page works without them.
//
// A module imports another by the name that the import map in templates/base.html gives it, never by a relative path:
// in production the files have hashed names, which only the map contains.

// Each module is loaded only on pages with an element for it.
const parts = [["[data-dismiss]", () => import("site/dismiss")]];

for (const [selector, load] of parts) {
  const elements = document.querySelectorAll(selector);
  if (elements.length > 0) {
    load().then((part) => elements.forEach(part.default));
  }
}

// For stylesheets and tests: [data-script] means that scripts run.
document.documentElement.dataset.script = "running";
