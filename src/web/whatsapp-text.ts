// Text as WhatsApp shows it: *bold*, _italic_, ~struck~, `code`, ```mono``` and links, as a tree that becomes nodes and
// never markup. One pass over each line; what does not close stays as it was written.

export type TextPart =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'struck'; parts: TextPart[] }
  | { kind: 'code' | 'link'; text: string }

const marks = { '*': 'bold', _: 'italic', '~': 'struck' } as const
type Mark = keyof typeof marks
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,!?:;)\]'*_~]/y
const isWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}]/u.test(char)
const isSpace = (char: string | undefined) => char === undefined || /\s/.test(char)
/** Longer texts than any message are not shown. */
const LENGTH_MAX = 10_000

export function parseWhatsappText(text: string): TextPart[] {
  return mergeTexts(outside(text.slice(0, LENGTH_MAX)))
}

/** Three backticks hold everything between them as it is, over lines too. */
function outside(text: string): TextPart[] {
  const open = text.indexOf('```')
  const close = open < 0 ? -1 : text.indexOf('```', open + 3)
  if (close < 0 || text.slice(open + 3, close).trim() === '') return inline(text)
  return [
    ...inline(text.slice(0, open)),
    { kind: 'code', text: text.slice(open + 3, close) },
    ...outside(text.slice(close + 3)),
  ]
}

function inline(text: string): TextPart[] {
  const parts: TextPart[] = []
  let plain = ''
  const flush = () => {
    if (plain !== '') parts.push({ kind: 'text', text: plain })
    plain = ''
  }
  for (let at = 0; at < text.length; ) {
    const found = linkAt(text, at) ?? codeAt(text, at) ?? emphasisAt(text, at)
    if (found === undefined) plain += text[at++]
    else {
      flush()
      parts.push(found.part)
      at = found.end
    }
  }
  flush()
  return parts
}

interface Found {
  part: TextPart
  end: number
}

function linkAt(text: string, at: number): Found | undefined {
  if (text[at] !== 'h' || isWord(text[at - 1])) return undefined
  LINK.lastIndex = at
  const [link] = LINK.exec(text) ?? []
  return link === undefined ? undefined : { part: { kind: 'link', text: link }, end: at + link.length }
}

function codeAt(text: string, at: number): Found | undefined {
  if (text[at] !== '`' || text[at + 1] === '`') return undefined
  const end = closing(text, at, '`')
  return end === undefined ? undefined : { part: { kind: 'code', text: text.slice(at + 1, end) }, end: end + 1 }
}

function emphasisAt(text: string, at: number): Found | undefined {
  const mark = text[at] as Mark
  if (!Object.hasOwn(marks, mark) || isWord(text[at - 1])) return undefined
  const end = closing(text, at, mark)
  if (end === undefined) return undefined
  return { part: { kind: marks[mark], parts: inline(text.slice(at + 1, end)) }, end: end + 1 }
}

/** Where a mark closes: on the same line, after a letter and not within a word. */
function closing(text: string, at: number, mark: string): number | undefined {
  if (isSpace(text[at + 1])) return undefined
  const line = text.indexOf('\n', at)
  const limit = line < 0 ? text.length : line
  for (let end = text.indexOf(mark, at + 1); end >= 0 && end < limit; end = text.indexOf(mark, end + 1))
    if (end > at + 1 && !isSpace(text[end - 1]) && !isWord(text[end + 1])) return end
  return undefined
}

function mergeTexts(parts: TextPart[]): TextPart[] {
  const merged: TextPart[] = []
  for (const part of parts) {
    const last = merged.at(-1)
    if (part.kind === 'text' && last?.kind === 'text')
      merged[merged.length - 1] = { ...last, text: last.text + part.text }
    else merged.push(part)
  }
  return merged
}
