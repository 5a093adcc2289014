// Keys, the palette's list, and the offline line: what must answer within a frame, without the server.
(() => {
  "use strict";

  const isTyping = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

  const press = (id) => document.getElementById(id)?.click();

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      if (!document.getElementById("open-palette")) return;
      event.preventDefault();
      press("open-palette");
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === "?") {
      event.preventDefault();
      press("open-keys");
    } else if (event.key === "n") {
      const create = document.querySelector("[data-create]");
      if (create) {
        event.preventDefault();
        create.click();
      }
    }
  });

  // The palette: arrows move the selection, Enter follows it; the input keeps the focus.
  const options = () => [...document.querySelectorAll("#palette-list [role=option]")];
  const select = (option) => {
    const input = document.getElementById("palette-input");
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (option) {
      input?.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input?.removeAttribute("aria-activedescendant");
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.target?.id !== "palette-input") return;
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (all.length) select(all[(at + step + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      (all[at] ?? all[0])?.click();
    }
  });
  // A row of tabs that is wider than the screen begins with the current one in sight.
  let shownTab = null;
  const showTab = () => {
    const tab = document.querySelector('.tabs > [aria-current="page"]');
    if (tab && tab !== shownTab) {
      const row = tab.parentElement;
      row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
    }
    shownTab = tab;
  };

  new MutationObserver(() => {
    showTab();
    const all = options();
    if (all.length && !all.some((option) => option.getAttribute("aria-selected") === "true")) select(all[0]);
  }).observe(document.documentElement, { childList: true, subtree: true });

  // Leave a search box with Escape.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target?.matches?.("[data-search]")) event.target.blur();
  });

  // A menu opens under its button, or over it where there is no room below.
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (event.newState !== "open" || !menu.matches?.(".menu[popover]")) return;
      const button = document.querySelector(`[popovertarget="${menu.id}"]`);
      if (!button) return;
      const at = button.getBoundingClientRect();
      const below = at.bottom + 4 + menu.offsetHeight <= innerHeight;
      const left = Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8));
      menu.style.left = `${left}px`;
      menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - 4 - menu.offsetHeight)}px`;
      menu.querySelector("a, button")?.focus();
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    const menu = event.target?.closest?.(".menu[popover]");
    if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const items = [...menu.querySelectorAll("a, button")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
  });
  document.addEventListener("click", (event) => {
    const menu = event.target?.closest?.(".menu[popover]");
    if (menu && event.target.closest("a, button")) menu.hidePopover();
  });

  const showConnection = () => {
    const banner = document.getElementById("offline-banner");
    if (banner) banner.hidden = navigator.onLine;
  };
  addEventListener("online", showConnection);
  addEventListener("offline", showConnection);
  document.addEventListener("DOMContentLoaded", showConnection);

  window.academics = {
    ...window.academics,
    goToLogin(login) {
      if (location.pathname.replace(/\/$/, "") === login) return;
      location.replace(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
    },
    copy(text) {
      return navigator.clipboard?.writeText(text);
    },
  };
})();
