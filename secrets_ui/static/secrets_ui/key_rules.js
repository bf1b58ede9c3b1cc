// What a good value of a key looks like, as one types. A mirror of secrets_ui/domain/secrets/key_rules.py, which judges again on the server.

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TOKEN_LENGTH = 32;
const BLANK = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"; // what Python counts as one
const LEADING = new RegExp(`^${BLANK}+`), TRAILING = new RegExp(`${BLANK}+$`), INSIDE = new RegExp(BLANK);
const WITHOUT_BLANKS = ["github_token", "url", "https_url", "identifier"];
export const MAX_BYTES = 65536;

/**
 * Everything to be said about a value: [{level: "error" | "warning", code, text}].
 * @param {string} value
 * @param {{format: string, minLength: number, placeholders: RegExp[]}} rules
 */
export function checkValue(value, rules) {
  if (value === "") return [warning("empty", "is empty")];
  const problems = [];
  if (value.includes("\0")) problems.push(error("nul", "holds a NUL character, which no environment variable can hold"));
  const isPlaceholder = rules.placeholders.some((pattern) => pattern.test(value));
  if (isPlaceholder) problems.push(warning("placeholder", "is a placeholder"));
  problems.push(...blanks(value, WITHOUT_BLANKS.includes(rules.format) ? error : warning));
  if (isPlaceholder) return problems;
  problems.push(...FORMATS[rules.format](value));
  if (characters(value) < rules.minLength) problems.push(error("too_short", `is shorter than ${rules.minLength} characters`));
  return problems;
}

// `$` matches before a line break at the end as well.
const AS_IN_PYTHON = { "$": "(?=\\n?$)", "\\A": "^", "\\Z": "$", "(?P<": "(?<" };

/** Python's regular expressions as JavaScript's; one that cannot be translated is left to the server. */
export function compilePatterns(json) {
  return JSON.parse(json || "[]").flatMap((source) => {
    const flags = /^\(\?([a-z]+)\)/.exec(source)?.[1] ?? "";
    const body = source.slice(flags && flags.length + 3).replace(/\\.|\[(?:\\.|[^\]\\])*\]|\(\?P<|\$/gs, (part) => AS_IN_PYTHON[part] ?? part);
    const kept = [...flags].filter((flag) => "ims".includes(flag)).join("");
    return compile(body, `u${kept}`) ?? compile(body, kept) ?? [];
  });
}

function compile(body, flags) {
  try {
    return [new RegExp(body, flags)];
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
function blanks(value, told) {
  const problems = [];
  if (LEADING.test(value)) problems.push(told("leading_blank", "starts with a blank"));
  if (value.endsWith("\n")) problems.push(told("trailing_newline", "ends in a line break"));
  else if (TRAILING.test(value)) problems.push(told("trailing_blank", "ends in a blank"));
  return problems;
}

function githubToken(value) {
  const token = strip(value);
  if (/^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}$/.test(token)) return []; // how its checksum is made is not published
  const match = /^gh[pousr]_([A-Za-z0-9]{30})([A-Za-z0-9]{6})$/.exec(token);
  if (!match) return [error("github_format", "is not a GitHub token: expected ghp_, gho_, ghu_, ghs_ or ghr_ and 36 letters or digits, or github_pat_…")];
  if (match[2] === githubChecksum(match[1])) return [];
  return [error("github_checksum", "is not a GitHub token: its checksum is wrong, so a character is missing or changed")];
}

function token(value) {
  const problems = [];
  if (characters(value) < TOKEN_LENGTH) problems.push(warning("short_token", `is shorter than ${TOKEN_LENGTH} characters`));
  if (INSIDE.test(strip(value))) problems.push(error("blank_inside", "holds a blank, which a token cannot"));
  return problems;
}

function url(value, schemes = ["https", "http"]) {
  const text = strip(value);
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text);
  const scheme = parts?.[1].toLowerCase() ?? "";
  const userinfo = parts?.[2].includes("@") ? parts[2].slice(0, parts[2].lastIndexOf("@")) : "";
  if (!parts || !["http", "https"].includes(scheme) || !hasHost(parts[2]) || /[\x00-\x1f\\]/.test(text) || INSIDE.test(text)) {
    return [error("url", `is not a URL: expected ${schemes[0]}://host/…`)];
  }
  if (!schemes.includes(scheme)) return [error("not_https", "is not an https URL")];
  return userinfo ? [warning("url_userinfo", "holds a user name or password inside the URL")] : [];
}

function hasHost(authority) {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d*))?$/i.exec(authority.slice(authority.lastIndexOf("@") + 1));
  return Boolean(match) && (!match[2] || (Number(match[2]) > 0 && Number(match[2]) <= 65535));
}

function identifier(value) {
  const isGood = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(strip(value));
  return isGood ? [] : [error("identifier", "is not an identifier: expected letters, digits, dots, hyphens and underscores")];
}

function path(value) {
  return strip(value).startsWith("/") ? [] : [warning("path", "is not an absolute path")];
}

const FORMATS = {
  github_token: githubToken,
  token,
  url,
  https_url: (value) => url(value, ["https"]),
  identifier,
  path,
  free_text: () => [],
};
