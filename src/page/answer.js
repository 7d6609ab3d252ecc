// The answer: who is responsible, and why.
import { t, name, otherName, distance, language } from "./language.js";
import { fill, make } from "./dom.js";

const percent = (value) => {
  if (value > 0.999) return "> 99.9 %"; // nothing is certain
  const floor = Math.floor(value * 1000) / 10;
  return `${floor.toLocaleString(language(), { maximumFractionDigits: value > 0.99 ? 1 : 0 })} %`;
};

/** Shows nothing asked yet. */
export function welcome(into, city) {
  const counts = { zones: city.zones.length, units: city.units.size };
  into.dataset.state = "welcome";
  fill(
    into,
    make("h2", {}, t("welcome")),
    make("p", {}, t("welcome_how")),
    make("p", { class: "faint keys" }, t("welcome_keys")),
    make("p", { class: "faint" }, t("zones_units", counts)),
  );
}

/** Shows that the question is under way. */
export function asking(into) {
  into.dataset.state = "asking";
  fill(into, make("p", { class: "faint pulse" }, t("asking")));
}

/** Shows why there is no answer. */
export function refused(into, fault, onClose) {
  into.dataset.state = "refused";
  fill(
    into,
    close(onClose),
    make("p", { class: "fault" }, fault.message),
    make("ul", { class: "faults" }, (fault.faults ?? []).map((says) => make("li", {}, says))),
  );
}

/** Shows who answers and why. */
export function explain(into, { answer, city, colour, at, onClose }) {
  const unit = city.units.get(answer.unit.id);
  into.dataset.state = "answer";
  fill(
    into,
    close(onClose),
    at && make("p", { class: "at" }, make("b", {}, name(at.names)), " · ", t(`kind_${at.kind}`)),
    make("p", { class: "over" }, t("responsible")),
    make("h2", { id: "unit" }, name(answer.unit.names) || answer.unit.id),
    make("p", { class: "faint" }, [otherName(answer.unit.names), unit && t(`kind_unit_${unit.kind}`)].filter(Boolean).join(" · ")),
    zoneChip(answer, city, colour),
    together(answer),
    why(answer, city),
    confidence(answer),
    facts(answer, city),
    lost(answer, city),
  );
}

function close(onClose) {
  return make("button", { type: "button", class: "close quiet", "aria-label": t("close"), title: t("close"), onclick: onClose }, "×");
}

function zoneChip(answer, city, colour) {
  const { zone } = answer;
  if (!zone) return make("p", { class: "chip none" }, t("outside"));
  const dot = make("i", { class: "dot" });
  dot.style.background = colour;
  return make("p", { class: "chip" }, dot, city.zoneName(zone));
}

function together(answer) {
  if (answer.co.length === 0) return null;
  const item = (unit) => make("li", {}, name(unit.names) || unit.id);
  return [make("h3", {}, t("together")), make("ul", { class: "units" }, answer.co.map(item))];
}

function why(answer, city) {
  return [make("h3", {}, t("why")), make("p", { id: "why" }, reason(answer, city))];
}

function reason(answer, city) {
  const { zone } = answer;
  if (answer.rule === "zone" && zone) return t("why_zone", { zone: city.zoneName(zone) });
  if (answer.rule === "fallback") {
    const next = answer.runnerUp;
    if (zone || !next) return t("why_fallback");
    const facts = { zone: city.zoneName(next.zone), distance: distance(next.distanceM) };
    return t("why_fallback_outside", facts);
  }
  return t("why_rule", { rule: ruleName(answer.rule, answer.ruleNames) });
}

function ruleName(rule, names) {
  if (rule === "zone" || rule === "fallback") return t(`rule_${rule}`);
  return name(names) || rule;
}

function confidence(answer) {
  const shown = percent(answer.confidence);
  const meter = make("div", {
    class: "meter", role: "meter", "aria-label": t("confidence"),
    "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.floor(answer.confidence * 100),
  }, make("i"));
  meter.firstChild.style.width = `${answer.confidence * 100}%`;
  meter.classList.toggle("low", answer.forDispatcher);
  return [
    make("h3", { class: "row" }, t("confidence"), make("span", {}, shown)),
    meter,
    make("p", { class: "faint" }, t("confidence_of", { percent: shown })),
    answer.forDispatcher && make("p", { class: "warn" }, t("dispatcher")),
  ];
}

function facts(answer, city) {
  const rows = [];
  const next = answer.runnerUp;
  if (answer.borderM !== null) {
    rows.push([t(answer.zone ? "border" : "border_outside"), distance(answer.borderM)]);
  }
  if (next) {
    const parts = [city.zoneName(next.zone), name(next.unit.names), distance(next.distanceM)];
    rows.push([t("runner_up"), parts.join(" · ")]);
  }
  if (answer.accuracyM) rows.push([t("accuracy"), answer.accuracyM.toLocaleString(language())]);
  rows.push([t("position"), `${answer.position.map((x) => x.toFixed(6)).join(", ")} (WGS84)`]);
  if (answer.given) {
    const { lon, lat, crs } = answer.given;
    rows.push([t("given_as"), `${lon}, ${lat} (${t(`crs_${crs}`)})`]);
  }
  rows.push([t("plan", { version: answer.planVersion }), city.planDate()]);
  return make("dl", {}, rows.map(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
}

function lost(answer, city) {
  if (answer.lost.length === 0) return null;
  const item = ({ rule, rule_names: names, unit, why: cause }) => {
    const who = name(city.units.get(unit)?.names);
    return make("li", {}, make("b", {}, ruleName(rule, names)), who && ` · ${who}`, make("span", { class: "faint" }, t(`lost_${cause}`)));
  };
  return make("details", { class: "lost" }, make("summary", {}, `${t("also")} · ${answer.lost.length}`), make("ul", {}, answer.lost.map(item)));
}
