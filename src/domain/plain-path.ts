// Paths of addresses that mean the same to everyone who reads them: no part that climbs, none that hides a separator or a
// control character in an escape. What a router and a check behind it would read differently is no path.

/** Whether a path (without query) begins with a slash and every part of it says what it is. */
export function isPlainPath(path: string): boolean {
  return path.startsWith('/') && !path.startsWith('//') && path.slice(1).split('/').every(isPlainPart)
}

function isPlainPart(part: string): boolean {
  const text = decoded(part)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text !== undefined && text !== '.' && text !== '..' && !/[/\\\0-\x1f\x7f]/.test(text)
}

/** Undefined for escapes that are none, or no UTF-8. */
function decoded(part: string): string | undefined {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
