// The tree of a regular expression, as far as its work depends on it: what reads one character, what follows what, what
// is repeated. JavaScript checks the expression first, so that this reads only what is valid.

export type Part =
  /** Reads one character, of those that the source fits. */
  | { kind: 'character'; source: string }
  /** Holds or not, and reads nothing: `$`, `\b`. */
  | { kind: 'condition' }
  /** `^` of the whole text. */
  | { kind: 'begin' }
  | { kind: 'sequence'; parts: Part[] }
  | { kind: 'choice'; parts: Part[] }
  | { kind: 'repeat'; part: Part; min: number; max: number }
  | { kind: 'ahead' | 'behind'; part: Part }
  /** What a group has read, again. */
  | { kind: 'again'; part: Part }

const quantifier = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y
const classOrEscape =
  /\[(?:\\.|[^\]\\])*\]|\\(?:u\{[0-9a-f]+\}|u[0-9a-f]{4}|x[0-9a-f]{2}|c[a-z]|p\{[^}]*\}|k<[^>]*>|\d+|.)/isy
const groupOpening = /\((?:\?(?:[:=!]|<[=!]|<(?<name>\w+)>))?/y

export function treeOf({ source, flags }: RegExp): Part {
  const isUnicode = /[uv]/.test(flags)
  const groups: (Part | undefined)[] = []
  const names = new Map<string, number>()
  let at = 0

  const take = (form: RegExp) => {
    form.lastIndex = at
    const match = form.exec(source)
    if (match !== null) at += match[0].length
    return match
  }

  function choice(): Part {
    const parts = [sequence()]
    while (source[at] === '|') {
      at++
      parts.push(sequence())
    }
    return parts.length === 1 ? (parts[0] as Part) : { kind: 'choice', parts }
  }

  function sequence(): Part {
    const parts: Part[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(repeated(one()))
    return { kind: 'sequence', parts }
  }

  function repeated(part: Part): Part {
    const written = take(quantifier)?.[0]
    if (written === undefined) return part
    const [min = '0', max = min] = written.startsWith('{') ? written.replace(/[{}?]/g, '').split(',') : []
    if (written.startsWith('*')) return { kind: 'repeat', part, min: 0, max: Number.POSITIVE_INFINITY }
    if (written.startsWith('+')) return { kind: 'repeat', part, min: 1, max: Number.POSITIVE_INFINITY }
    if (written.startsWith('?')) return { kind: 'repeat', part, min: 0, max: 1 }
    return { kind: 'repeat', part, min: Number(min), max: max === '' ? Number.POSITIVE_INFINITY : Number(max) }
  }

  function one(): Part {
    const opening = take(groupOpening)
    if (opening !== null) return group(opening)
    const special = take(classOrEscape)?.[0]
    if (special !== undefined)
      return special.startsWith('[') ? { kind: 'character', source: special } : escaped(special)
    const sign = isUnicode ? String.fromCodePoint(source.codePointAt(at) ?? 0) : (source[at] as string)
    at += sign.length
    if (sign === '^') return flags.includes('m') ? { kind: 'condition' } : { kind: 'begin' }
    return sign === '$' ? { kind: 'condition' } : { kind: 'character', source: sign }
  }

  function group([opening, name]: RegExpExecArray): Part {
    const isCapturing = opening === '(' || name !== undefined
    const number = isCapturing ? groups.push(undefined) : 0
    if (name !== undefined) names.set(name, number)
    const part = choice()
    at++
    if (isCapturing) groups[number - 1] = part
    if (/^\(\?<[=!]/.test(opening)) return { kind: 'behind', part }
    return /^\(\?[=!]/.test(opening) ? { kind: 'ahead', part } : part
  }

  function escaped(text: string): Part {
    if (text === '\\b' || text === '\\B') return { kind: 'condition' }
    const name = /^\\k<(.*)>$/.exec(text)?.[1]
    const number = name === undefined ? Number(/^\\([1-9]\d*)$/.exec(text)?.[1]) : names.get(name)
    if (!number) return { kind: 'character', source: text }
    const part = groups[number - 1]
    // A group that is not over yet has read nothing.
    return part === undefined ? { kind: 'condition' } : { kind: 'again', part }
  }

  return choice()
}
