// Every call to the service, documented paths only. Answers are the service's own nouns.
import { t } from "./language.js";

/** A refusal (RFC 9457): what kind in the page's language, the faults in the service's words. */
export class Refused extends Error {
  constructor(problem) {
    const kind = (problem.type ?? "").split(":").pop();
    const known = t(`problem_${kind}`);
    super(known.startsWith("problem_") ? problem.detail || problem.title : known);
    const faults = problem.faults ?? [];
    this.faults = faults.map(({ place, words }) => `${place}: ${words}`);
    if (faults.length === 0 && problem.detail && problem.detail !== this.message) {
      this.faults = [problem.detail];
    }
  }
}

async function get(path, query = {}, signal) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given).toString();
  let answer;
  try {
    answer = await fetch(search ? `${path}?${search}` : path, { signal });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refused({ type: "network" });
  }
  const body = await answer.json().catch(() => ({ type: "broken" }));
  if (!answer.ok) throw new Refused(body);
  return body;
}

export const plan = () => get("/api/v1/plan");
export const zones = () => get("/api/v1/zones");
export const units = () => get("/api/v1/units");
export const categories = () => get("/api/v1/categories");
export const facilities = (query, signal) => get("/api/v1/facilities", query, signal);
export const facility = (id, signal) => get(`/api/v1/facilities/${encodeURIComponent(id)}`, {}, signal);
export const style = (theme, lang) => get(`/styles/${theme}.json`, { lang });
export const locate = (query, signal) => get("/api/v1/locate", query, signal);
