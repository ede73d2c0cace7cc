// Reading what a request says, before a dialect checks it. Shared by dialects only: a driver must not read as they do.

/** The body as JSON; undefined when it is none or not UTF-8. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

/** The fields of an object, none of anything else. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
