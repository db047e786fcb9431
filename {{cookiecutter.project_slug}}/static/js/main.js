// What the site does in the browser beyond HTML and CSS. Every page works without it.
//
// A module imports another by the name that the import map in templates/base.html gives it, never by a relative path:
// in production the files have hashed names, and only the map knows them.

// Each part is fetched only where the page has something for it.
const parts = [["[data-dismiss]", () => import("site/dismiss")]];

for (const [selector, load] of parts) {
  const elements = document.querySelectorAll(selector);
  if (elements.length > 0) {
    load().then((part) => elements.forEach(part.default));
  }
}

// For stylesheets and tests: [data-script] says that scripts run here.
document.documentElement.dataset.script = "running";
