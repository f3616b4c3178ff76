"use strict";
// Everything that comes from a text or the server is put in as text, never as HTML.

const EXAMPLES = [
  ["en", "Marie Curie was born in Warsaw and worked in Paris. The company Siemens has its seat in Munich."],
  ["de", "Angela Merkel wurde in Hamburg geboren. Volkswagen hat seinen Sitz in Wolfsburg."],
  ["es", "Gabriela Mistral nació en Vicuña y murió en Nueva York."],
  ["pt", "Fernando Pessoa nasceu em Lisboa, a capital de Portugal."],
  ["ru", "Анна Ахматова родилась в Одессе и жила в Москве."],
  ["el", "Ο Γιώργος Σεφέρης γεννήθηκε στη Σμύρνη και έζησε στην Αθήνα."],
  ["ar", "ولد نجيب محفوظ في القاهرة وعمل في جامعة القاهرة."],
  ["hi", "रवीन्द्रनाथ ठाकुर का जन्म कोलकाता में हुआ था।"],
  ["th", "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย"],
  ["ja", "トヨタ自動車の本社は豊田市にある。"],
  ["zh", "鲁迅出生于绍兴，后来住在上海。"],
  ["ko", "윤동주는 서울에 있는 연희전문학교에서 공부했다."],
];
const HUES = { PER: 265, PERSON: 265, LOC: 25, GPE: 25, ORG: 195, MISC: 90, DATE: 145 };

const at = (id) => document.getElementById(id);
let shown = null; // the last answer, with its text
let opened = null; // the entity whose details are shown
let walks = 0; // number of the last look-up of neighbours

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  if (!answer.ok) {
    const { error } = await answer.json().catch(() => ({}));
    throw new Error(error || `The server answered with status ${answer.status}.`);
  }
  return answer;
}

function showError(error) {
  at("error").textContent = error ? error.message : "";
  at("error").hidden = !error;
}

function hue(label) {
  if (label in HUES) return HUES[label];
  let sum = 0;
  for (const character of label) sum = (sum * 31 + character.codePointAt(0)) % 360;
  return sum;
}

const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
const score = (value) => value.toFixed(2);

function meter(value) {
  const bar = make("meter", { min: 0, max: 1, value: Math.max(0, value) });
  bar.setAttribute("aria-hidden", "true");
  return [bar, score(value)];
}

function mark(span) {
  const name = make("span", { role: "button", tabIndex: 0, dir: "auto" }, span.text);
  name.setAttribute("aria-expanded", "false");
  const node = make("span", { className: "mark" }, name);
  node.style.setProperty("--hue", hue(span.label));
  node.dataset.start = span.start;
  node.dataset.end = span.end;
  if (span.label) node.append(make("small", {}, span.label));
  if (span.kb_id) node.append(make("small", { className: "id" }, link(span.kb_id, span.url)));
  node.addEventListener("click", (event) => {
    if (!event.target.closest("a")) open(span, name);
  });
  name.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === " ") {
      event.preventDefault();
      open(span, name);
    }
  });
  return node;
}

function link(text, url) {
  if (!url) return document.createTextNode(text);
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

function showText(characters, ents) {
  const parts = [];
  let end = 0;
  for (const ent of ents) {
    parts.push(characters.slice(end, ent.start).join(""), mark(ent));
    end = ent.end;
  }
  parts.push(characters.slice(end).join(""));
  at("marked").dir = getComputedStyle(at("text")).direction;
  at("marked").replaceChildren(...parts);
}

function showSpans(groups) {
  at("spans").replaceChildren();
  for (const [key, spans] of Object.entries(groups)) {
    at("spans").append(make("h3", {}, `Spans “${key}”`), ...spans.map((span) => mark(span)));
  }
}

function highlight(places) {
  for (const node of document.querySelectorAll("#marked .mark")) {
    const inside = (place) => Number(node.dataset.start) < place.end && place.start < Number(node.dataset.end);
    node.classList.toggle("end", places.some(inside));
  }
}

function showRelations(answer) {
  at("relations").hidden = !answer.relations.length;
  at("arcs").replaceChildren(...answer.arcs.map(drawing));
  at("rows").replaceChildren(...answer.relations.map((relation) => {
    const row = make(
      "tr", { tabIndex: 0 },
      make("td", {}, make("bdi", {}, relation.head.text)),
      make("td", { className: "label" }, relation.label),
      make("td", {}, make("bdi", {}, relation.tail.text)),
      make("td", { className: "number" }, ...meter(relation.score)),
    );
    const ends = [relation.head, relation.tail];
    for (const name of ["mouseenter", "focus"]) row.addEventListener(name, () => highlight(ends));
    for (const name of ["mouseleave", "blur"]) row.addEventListener(name, () => highlight([]));
    return row;
  }));
}

function drawing(source) {
  // In a text from right to left the drawing begins on the right, too.
  const { dir } = at("marked");
  const svg = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (svg.localName !== "svg") return make("p", { className: "none" }, "This drawing is broken.");
  return make("figure", { tabIndex: 0, dir }, document.importNode(svg, true));
}

// Titles of an entity, each with the languages that have it.
function titles(entity) {
  const languages = new Map();
  for (const [lang, title] of Object.entries(entity.titles)) {
    if (!languages.has(title)) languages.set(title, []);
    languages.get(title).push(lang);
  }
  if (!languages.size) return null;
  const parts = [...languages].flatMap(([title, langs]) => [
    make("bdi", { lang: langs[0] }, title), " ",
    make("b", { title: langs.map(languageName).join(", ") }, langs.join(" ")), "  ",
  ]);
  return make("p", { className: "titles" }, ...parts);
}

function key(entity, name) {
  if (!entity.has_neighbours) return make("span", {}, name);
  const button = make("button", { type: "button", className: "walk" }, name);
  button.addEventListener("click", () => showNeighbours(name));
  return button;
}

function best(entity, name) {
  return entity.titles.en || Object.values(entity.titles)[0] || name;
}

function tableOf(header, rows) {
  const head = make("tr", {}, ...header.map((name, i) => make("th", { className: i ? "number" : "" }, name)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function entityCell(entity, name) {
  const label = best(entity, name);
  const cell = make("td");
  if (!name.endsWith(label)) cell.append(make("bdi", {}, label), " ");
  cell.append(key(entity, name));
  if (entity.url) cell.append(" ", link("↗", entity.url));
  const others = titles(entity);
  if (others) {
    others.classList.add("short");
    cell.append(others);
  }
  return cell;
}

function open(span, node) {
  if (opened) opened.setAttribute("aria-expanded", "false");
  opened = node;
  node.setAttribute("aria-expanded", "true");
  const close = make("button", { type: "button", className: "close", title: "Close (Esc)" }, "✕");
  close.addEventListener("click", closeDetails);
  const facts = [span.label, `characters ${span.start}–${span.end}`];
  if (span.score !== undefined) facts.push(`score ${score(span.score)}`);
  const parts = [
    make("div", { className: "top" }, make("strong", { dir: "auto" }, span.text), close),
    make("p", { className: "facts" }, facts.filter(Boolean).join(" · ")),
  ];
  if (span.kb_id) {
    const stands = make("p", { className: "facts" }, "stands for ");
    const label = best(span, span.kb_id);
    stands.append(span.kb_id.endsWith(label) ? "" : `${label} `, link(span.kb_id, span.url));
    parts.push(stands, span.has_neighbours ? null : titles(span));
  }
  if (span.candidates) {
    parts.push(make("h3", {}, "Candidates"));
    const rows = span.candidates.map((candidate) => make(
      "tr", {}, entityCell(candidate, candidate.kb_id),
      make("td", { className: "number" }, ...meter(candidate.score)),
      make("td", { className: "number" }, score(candidate.prior)),
    ));
    parts.push(rows.length ? tableOf(["Entity", "Score", "Prior"], rows) : make("p", { className: "none" }, "None."));
  }
  parts.push(make("div", { id: "neighbours" }));
  at("details").replaceChildren(...parts.filter(Boolean));
  at("details").hidden = false;
  at("details").scrollIntoView({ block: "nearest" }); // on a small screen it stands below
  if (span.kb_id && span.has_neighbours) showNeighbours(span.kb_id);
}

async function showNeighbours(name) {
  const walk = ++walks;
  const place = at("neighbours");
  try {
    const answer = await (await ask(`api/neighbours?n=12&key=${encodeURIComponent(name)}`)).json();
    if (walk !== walks) return;
    const rows = answer.neighbours.map((other) => make(
      "tr", {}, entityCell(other, other.key),
      make("td", { className: "number" }, ...meter(other.similarity)),
    ));
    const label = best(answer, name);
    const title = `Neighbours of ${name.endsWith(label) ? name : `${label} (${name})`}`;
    const parts = [make("h3", {}, title), titles(answer), tableOf(["Entity", "Cosine"], rows)];
    place.replaceChildren(...parts.filter(Boolean));
  } catch (error) {
    if (walk === walks) place.replaceChildren(make("p", { className: "none" }, error.message));
  }
}

function closeDetails() {
  at("details").hidden = true;
  if (!opened) return;
  opened.setAttribute("aria-expanded", "false");
  opened.focus();
  opened = null;
}

const question = () => ({ text: at("text").value, lang: at("lang").value || null });

async function analyze() {
  if (at("analyze").disabled) return;
  const asked = question();
  at("analyze").disabled = true;
  at("status").textContent = "Working …";
  showError(null);
  try {
    const answer = await (await ask("api/analyze", asked)).json();
    opened = null;
    at("details").hidden = true;
    shown = asked;
    showText(Array.from(asked.text), answer.ents);
    showSpans(answer.spans);
    showRelations(answer);
    const counts = [count(answer.tokens, "token", "tokens"), count(answer.ents.length, "entity", "entities")];
    if (answer.relations.length) counts.push(count(answer.relations.length, "relation", "relations"));
    at("status").textContent = `${counts.join(", ")} in ${answer.seconds.toFixed(2)} s`;
    at("results").hidden = at("save").hidden = false;
  } catch (error) {
    at("status").textContent = "";
    at("results").hidden = at("save").hidden = true;
    showError(error);
  } finally {
    at("analyze").disabled = false;
  }
}

async function save() {
  try {
    const url = URL.createObjectURL(await (await ask("api/page", shown)).blob());
    make("a", { href: url, download: "entities.html" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  } catch (error) {
    showError(error);
  }
}

async function start() {
  EXAMPLES.forEach(([code], i) => at("examples").append(make("option", { value: i }, languageName(code))));
  try {
    const info = await (await ask("api/info")).json();
    at("name").textContent = document.title = `${info.name} ${info.version}`;
    if (info.description) at("name").title = info.description;
    const chips = info.components.map(({ name, factory }) => make("li", { title: factory }, name));
    at("components").replaceChildren(...chips);
    const named = info.languages.map((code) => [languageName(code), code]);
    named.sort(([one], [other]) => one.localeCompare(other));
    at("lang").append(...named.map(([name, code]) => make("option", { value: code }, name)));
  } catch (error) {
    showError(error);
  }
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  analyze();
});
at("save").addEventListener("click", save);
at("examples").addEventListener("change", () => {
  const example = EXAMPLES[at("examples").value];
  if (!example) return;
  const known = [...at("lang").options].some((option) => option.value === example[0]);
  at("lang").value = known ? example[0] : "";
  at("text").value = example[1];
  analyze();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    analyze();
  } else if (event.key === "Escape" && !at("details").hidden) {
    closeDetails();
  }
});
start();
