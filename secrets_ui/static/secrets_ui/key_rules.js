// Checks a value as it is typed. The formats come with the page, from domain/secrets/formats.py; the server checks again.

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BLANK = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"; // what Python counts as one
const LEADING = new RegExp(`^${BLANK}+`), TRAILING = new RegExp(`${BLANK}+$`), INSIDE = new RegExp(BLANK);

/** The remarks that trimming mends. */
export const BLANKS = ["leading_blank", "trailing_blank", "trailing_newline"];

/**
 * Every remark about a value: [{level: "error" | "warning", code, text}].
 * @param {string} value
 * @param {{format: object, oddities: object[], minLength: number, placeholders: RegExp[]}} rules format: one of readFormats
 */
export function checkValue(value, rules) {
  if (value === "") return [warning("empty", "is empty")];
  const problems = [];
  if (value.includes("\0")) problems.push(error("nul", "holds a NUL character, which no environment variable can hold"));
  const isPlaceholder = rules.placeholders.some((pattern) => pattern.test(value));
  if (isPlaceholder) problems.push(warning("placeholder", "is a placeholder"));
  problems.push(...blanks(value, rules.format.allows_blanks ? warning : error));
  problems.push(...rules.oddities.flatMap((oddity) => found(oddity, value)));
  if (isPlaceholder) return problems;
  problems.push(...brokenRules(value, rules.format));
  if (characters(value) < rules.minLength) problems.push(error("too_short", `is shorter than ${rules.minLength} characters`));
  return problems;
}

/**
 * Every remark about the name of a new key, as check_name makes them.
 * @param {object} rules as readNames gives them
 */
export function checkName(name, { fit, reserved, reserved_starts: starts, texts, catalogue }) {
  const problems = [];
  const isReserved = reserved.includes(name) || starts.some((start) => name.startsWith(start));
  if (catalogue.length && !fit.test(name)) problems.push(error("unloadable", texts.unfit));
  else if (catalogue.length && isReserved) problems.push(error("unloadable", texts.reserved));
  if (strip(name) !== name) problems.push(warning("blank_in_name", texts.blank));
  if (catalogue.length && !catalogue.includes(name)) problems.push(warning("unexpected", texts.unexpected));
  return problems;
}

/**
 * @param {object} names as names_for_script() gives them
 * @param {string[]} catalogue the keys of this secret that the catalogue knows, none for a secret that the Lambda does not load
 */
export function readNames(names, catalogue) {
  return { ...names, fit: new RegExp(`^(?:${names.pattern})$`), catalogue };
}

/** The formats by name, with their rules' patterns compiled. @param {object} formats as formats_for_script() gives them */
export function readFormats(formats) {
  return Object.fromEntries(Object.entries(formats).map(([name, format]) => [name, { ...format, rules: format.rules.map(readRule) }]));
}

/** What a value of any format is warned of. @param {object[]} oddities as oddities_for_script() gives them */
export function readOddities(oddities) {
  return oddities.map((oddity) => ({ ...oddity, regexp: new RegExp(inPython(oddity.pattern), "u") }));
}

function found({ code, text, regexp, at_end: atEnd }, value) {
  const match = regexp.exec(value);
  if (!match) return [];
  const before = value.slice(0, match.index + (atEnd ? match[0].length : 0));
  return [warning(code, text.replace("{}", characters(before) + 1))];
}

function readRule(rule) {
  if (rule.check && !CHECKS[rule.check]) throw new Error(`key_rules.js has no check ${rule.check}`);
  return { ...rule, regexp: rule.pattern ? translate(rule.pattern, (body) => `^(?:${body})$`) : null };
}

/** What the edit form says of a value that keeps all rules of its format. */
export function verdictOn(value, format) {
  return format.verdicts.find(([prefix]) => strip(value).startsWith(prefix))[1];
}

/** The rules that the value breaks, up to the first error. */
function brokenRules(value, format) {
  const broken = format.rules.filter((rule) => !holds(rule, value));
  const last = broken.findIndex((rule) => rule.level === "error");
  return (last < 0 ? broken : broken.slice(0, last + 1)).map(({ level, code, text }) => ({ level, code, text }));
}

function holds(rule, value) {
  const stripped = strip(value);
  return characters(value) >= rule.min_length && (!rule.regexp || rule.regexp.test(stripped)) && (!rule.check || CHECKS[rule.check](stripped));
}

// `$` matches before a line break at the end as well.
const AS_IN_PYTHON = { "$": "(?=\\n?$)", "\\A": "^", "\\Z": "$", "(?P<": "(?<" };

/** Python's regular expressions as JavaScript's; one that cannot be translated is left to the server. */
export function compilePatterns(json) {
  return JSON.parse(json || "[]").flatMap((source) => translate(source) ?? []);
}

function translate(source, wrap = (body) => body) {
  const flags = /^\(\?([a-z]+)\)/.exec(source)?.[1] ?? "";
  const body = inPython(source.slice(flags && flags.length + 3));
  const kept = [...flags].filter((flag) => "ims".includes(flag)).join("");
  return compile(wrap(body), `u${kept}`) ?? compile(wrap(body), kept);
}

function inPython(body) {
  return body.replace(/\\.|\[(?:\\.|[^\]\\])*\]|\(\?P<|\$/gs, (part) => AS_IN_PYTHON[part] ?? part);
}

function compile(body, flags) {
  try {
    return new RegExp(body, flags);
  } catch {
    return null;
  }
}

/** Without the blanks around it. */
export const strip = (value) => value.replace(LEADING, "").replace(TRAILING, "");

/** The six base62 characters that end a GitHub token whose 30 random characters are `body`. */
export function githubChecksum(body) {
  let number = crc32(body), digits = "";
  for (; number > 0; number = Math.floor(number / 62)) digits = BASE62[number % 62] + digits;
  return digits.padStart(6, "0");
}

function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const error = (code, text) => ({ level: "error", code, text });
const warning = (code, text) => ({ level: "warning", code, text });
const characters = (value) => [...value].length; // as Python counts, not in UTF-16 units

/** Never trimmed silently: an error in a format that cannot hold a blank, a warning where one may be meant. */
function blanks(value, problem) {
  const problems = [];
  if (LEADING.test(value)) problems.push(problem("leading_blank", "starts with a blank"));
  if (value.endsWith("\n")) problems.push(problem("trailing_newline", "ends in a line break"));
  else if (TRAILING.test(value)) problems.push(problem("trailing_blank", "ends in a blank"));
  return problems;
}

// Checks that no pattern can make, of the value without the blanks around it, by the names in formats.py.
const CHECKS = {
  github_checksum: hasGithubChecksum,
  web_url: isWebUrl,
};

function hasGithubChecksum(value) {
  const match = /^gh[pousr]_([A-Za-z0-9]{30})([A-Za-z0-9]{6})$/.exec(value);
  return !match || match[2] === githubChecksum(match[1]); // of a fine-grained token it is not published how it is made
}

function isWebUrl(value) {
  const parts = /^https?:\/\/([^/?#]*)/i.exec(value);
  return Boolean(parts) && hasHost(parts[1]) && !/[\x00-\x1f\\]/.test(value) && !INSIDE.test(value);
}

function hasHost(authority) {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d*))?$/i.exec(authority.slice(authority.lastIndexOf("@") + 1));
  return Boolean(match) && (!match[2] || (Number(match[2]) > 0 && Number(match[2]) <= 65535));
}
