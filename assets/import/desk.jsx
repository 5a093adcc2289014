import { createElement as h, useEffect, useRef, useState } from "react";

// Where a file is chosen, previewed and imported. The file stays in the browser between the preview and the import and
// goes to the REST routes both times; the page behind gets what they answered, cut to what it shows.
const PREVIEW = "/api/v1/imports/preview";
const COMMIT = "/api/v1/imports/";
const SHOWN = 200;

async function send(address, file, fields, onProgress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  const answer = await fetch(address, {
    method: "POST",
    body: form,
    credentials: "same-origin",
    headers: { Accept: "application/x-ndjson", "X-Requested-With": "fetch" },
  });
  if (!answer.ok || !answer.body) throw await answer.json();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let last = {};
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      last = JSON.parse(line);
      if (last.stage) onProgress(last);
    }
    if (done) break;
  }
  if (last.result) return last.result;
  throw last;
}

// A cell that begins like a formula would be run as one by a spreadsheet.
const cell = (value) => {
  const text = String(value);
  return `"${(/^[=+\-@\t]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
};

function download(messages, level) {
  const header = ["file", "row", "sourced_id", "field", "reason"];
  const lines = messages.filter((message) => message.level === level).map((message) => header.map((name) => cell(message[name])).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", [header.join(","), ...lines].join("\r\n")], { type: "text/csv" }));
  link.download = `import-${level}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function cut(preview) {
  const kept = { refused: 0, kept: 0, note: 0 };
  const totals = { refused: 0, kept: 0, note: 0 };
  const messages = preview.messages.filter((message) => {
    totals[message.level] += 1;
    return kept[message.level]++ < SHOWN;
  });
  return { ...preview, messages, totals };
}

export function ImportDesk({ words, limit, choices, onPreview, onResult, onForget, ...rest }) {
  const input = useRef(null);
  const chosen = useRef(null);
  const looks = useRef(0);
  const read = useRef("");
  const [file, setFile] = useState(null);
  const [preview, setPreview] = useState(null);
  const [doing, setDoing] = useState("");
  const [progress, setProgress] = useState(null);
  const [problem, setProblem] = useState("");
  const [isDone, setDone] = useState(false);

  useEffect(() => {
    if (doing !== "import") return undefined;
    const warn = (event) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [doing]);

  async function run(what, work) {
    setDoing(what);
    setProgress(null);
    try {
      await work();
    } catch (error) {
      const told = error?.detail;
      setProblem(told ?? (error instanceof TypeError ? words.unreachable : words.failed));
      if (error?.error === "stale_preview") return "stale";
    } finally {
      setDoing("");
      setProgress(null);
    }
    return "";
  }

  // The last look counts: another file or another choice may have been made while one was under way.
  const look = (what, how) => {
    const turn = ++looks.current;
    read.current = how;
    return run("preview", async () => {
      setPreview(null);
      const found = await send(PREVIEW, what, how ? { choices: how } : {}, setProgress);
      if (chosen.current !== what || turn !== looks.current) return;
      setPreview(found);
      onPreview?.(cut(found));
    });
  };

  useEffect(() => {
    if (!choices || !chosen.current || isDone || choices === read.current) return;
    setProblem("");
    look(chosen.current, choices);
  }, [choices]);

  async function choose(event) {
    const what = event.target.files[0];
    if (!what) return;
    event.target.value = "";
    chosen.current = what;
    setFile(what);
    setDone(false);
    setProblem("");
    setPreview(null);
    onForget?.();
    if (what.size > limit) setProblem(words.too_large);
    else await look(what, "");
  }

  async function commit() {
    setProblem("");
    const outcome = await run("import", async () => {
      const result = await send(COMMIT, file, { preview_digest: preview.digest, ...(read.current && { choices: read.current }) }, setProgress);
      setDone(true);
      onResult?.(result);
    });
    if (outcome === "stale") await look(file, read.current);
  }

  const refused = preview?.messages.some((message) => message.level === "refused");
  const changes = preview && preview.created + preview.changed > 0;
  const share = progress && progress.total ? progress.done / progress.total : undefined;
  return h(
    "section",
    { ...rest, className: "card", "aria-label": words.label },
    h(
      "div",
      { className: "card-body stack" },
      h(
        "div",
        { className: "row-wrap" },
        h("input", {
          ref: input, type: "file", accept: ".zip,.xml,.csv,.gz", onChange: choose, hidden: true,
          "data-import-file": "true", tabIndex: -1, "aria-hidden": true,
        }),
        h(
          "button",
          {
            type: "button", className: preview && !isDone ? "btn" : "btn btn-primary", disabled: doing !== "",
            onClick: () => input.current.click(),
          },
          file ? words.choose_another : words.choose,
        ),
        file && h("span", { className: "truncate small", title: file.name }, file.name),
        file && h("span", { className: "muted small nowrap" }, `${(file.size / 1024).toLocaleString(undefined, { maximumFractionDigits: 0 })} kB`),
        h("span", { className: "grow" }),
        refused && h("button", { type: "button", className: "btn btn-quiet", onClick: () => download(preview.messages, "refused") }, words.download),
        preview && !isDone && changes &&
          h("button", { type: "button", className: "btn btn-primary", disabled: doing !== "", "aria-busy": doing === "import", onClick: commit }, words.import),
      ),
      doing &&
        h(
          "div",
          { className: "stack-tight" },
          h(
            "div",
            {
              role: "progressbar", "aria-label": words[doing], "aria-valuemin": 0, "aria-valuemax": 100,
              "aria-valuenow": Math.floor((share ?? 0) * 100),
              style: { height: 6, borderRadius: 3, background: "var(--untaken-bg)", overflow: "hidden" },
            },
            h("div", { style: { height: "100%", width: `${(share ?? 0) * 100}%`, background: "var(--accent-solid)" } }),
          ),
          h("span", { className: "muted small", role: "status" },
            progress ? `${words.stages[progress.stage] ?? progress.stage} · ${Math.floor((share ?? 0) * 100)} %` : words[doing]),
        ),
      problem && h("p", { className: "form-problem", role: "alert" }, problem),
    ),
  );
}
