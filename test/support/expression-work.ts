// Whether the work of a regular expression grows faster than the text that it meets. JavaScript tries one way after another:
// that is more than linear work exactly where the same text can be read in ways whose number grows with it. The ways are
// those through an automaton of the characters of the expression, with one state in front that stands for "begin later".
// Source: Weber and Seidl, On the degree of ambiguity of finite automata. What cannot fail any more is not tried again.
// Nothing is found that is not there, except in an expression whose later part never fails; what is bounded is expanded.
import { type Part, treeOf } from './expression-tree.ts'

/** More repetitions than these are as good as endless. */
const REPETITIONS_MAX = 32
/** For ways that double with every round, five rounds are enough to be called endless: `(?:[a-z]{1,20}){1,20}`. */
const DOUBLINGS_MAX = 4
/** An expression with more ways between two characters is not for people either. */
const STEPS_MAX = 200_000

interface Edge {
  to: Node
  /** What the edge reads; undefined when it reads nothing. */
  character?: Character
  /** It may be refused although it reads nothing. */
  isConditional?: boolean
  /** Only before the first character. */
  isBegin?: boolean
}
type Node = Edge[]

interface Character {
  source: string
  /** Of the samples, which it reads. */
  reads: bigint
  next: Map<Character, number>
  /** Nothing behind it can fail. */
  accepts: boolean
}

interface Automaton {
  begin: Node
  accept: Node
  repetitionsMax: number
  steps: number
  samples: readonly string[]
  flags: string
  known: Map<string, bigint>
}

const general = [
  ...Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)),
  ...'\u0301\u0345\u0391\u03b1\u0430\u05d0\u0627\u0660\u0967\u0e01\u1680\u180e\u2000\u200b\u200d\u200f\u2014\u2028\u2029\u202f',
  ...'\u2060\u20ac\u2116\u212a\u3000\u4e00\uac00\ufb01\ufe0f\ufeff\uff0b\uff11\uff1d\ufffd\ud83d\ude00',
  '\u{1f600}',
  '\u{20000}',
  '\u{e0067}',
]

/** The general samples, and what the expression itself names, with its neighbours. */
function samplesOf(source: string): string[] {
  const codes = new Set(general.map((sign) => sign.codePointAt(0) ?? 0))
  const written = source.matchAll(/\\u\{?([0-9a-f]{4,6})\}?|\\x([0-9a-f]{2})|([^\\])/gisu)
  for (const [, wide, narrow, sign] of written) {
    const code = sign === undefined ? Number.parseInt(wide ?? narrow ?? '', 16) : (sign.codePointAt(0) ?? 0)
    for (const one of [code - 1, code, code + 1]) if (one >= 0 && one <= 0x10ffff) codes.add(one)
  }
  return [...codes].map((code) => String.fromCodePoint(code))
}

function characterOf(automaton: Automaton, source: string): Character {
  let reads = automaton.known.get(source)
  if (reads === undefined) {
    const form = new RegExp(`^(?:${source})$`, automaton.flags.replace(/[gym]/g, ''))
    reads = 0n
    for (const [index, sample] of automaton.samples.entries()) if (form.test(sample)) reads |= 1n << BigInt(index)
    automaton.known.set(source, reads)
  }
  return { source, reads, next: new Map(), accepts: false }
}

/** Adds the edges of a part behind a node; returns where it ends. */
function add(automaton: Automaton, part: Part, from: Node): Node {
  const end: Node = []
  switch (part.kind) {
    case 'character':
      from.push({ to: end, character: characterOf(automaton, part.source) })
      return end
    case 'condition':
      from.push({ to: end, isConditional: true })
      return end
    case 'begin':
      from.push({ to: end, isConditional: true, isBegin: true })
      return end
    case 'sequence':
      return part.parts.reduce((node, one) => add(automaton, one, node), from)
    case 'choice':
      for (const one of part.parts) add(automaton, one, from).push({ to: end })
      return end
    case 'again':
      from.push({ to: end, isConditional: true })
      add(automaton, part.part, from).push({ to: end, isConditional: !isOneCharacter(part.part) })
      return end
    case 'ahead':
      // Its ways come in addition; its end leads nowhere.
      add(automaton, part.part, from)
      from.push({ to: end, isConditional: true })
      return end
    case 'behind':
      if (longest(part.part) > REPETITIONS_MAX) throw new Error('looks behind without a bound')
      from.push({ to: end, isConditional: true })
      return end
    case 'repeat':
      return addRepeated(automaton, part, from)
  }
}

/** Then whoever has read the group again has read all of it. */
function isOneCharacter(part: Part): boolean {
  if (part.kind === 'sequence' && part.parts.length === 1) return isOneCharacter(part.parts[0] as Part)
  return part.kind === 'character'
}

function addRepeated(automaton: Automaton, part: Part & { kind: 'repeat' }, from: Node): Node {
  const end: Node = []
  if (part.min > 1 && shortest(part.part) === 0) throw new Error('exponential: repeats what may be empty')
  const isEndless = part.max > automaton.repetitionsMax
  const least = Math.min(part.min, automaton.repetitionsMax)
  let node = from
  for (let n = 1; n < least; n++) node = add(automaton, part.part, node)
  if (isEndless) {
    if (least === 0) node.push({ to: end })
    // The begin of the first round is a node of its own: to go on and to begin again are two ways.
    const before: Node = []
    node.push({ to: before })
    add(automaton, part.part, before).push({ to: before }, { to: end })
    return end
  }
  if (least > 0) node = add(automaton, part.part, node)
  for (let n = least; n < part.max; n++) {
    node.push({ to: end })
    node = add(automaton, part.part, node)
  }
  node.push({ to: end })
  return end
}

function longest(part: Part): number {
  switch (part.kind) {
    case 'character':
      return 1
    case 'sequence':
      return part.parts.reduce((sum, one) => sum + longest(one), 0)
    case 'choice':
      return Math.max(...part.parts.map(longest))
    case 'repeat':
      return part.max === 0 ? 0 : part.max * longest(part.part)
    case 'again':
      return longest(part.part)
    default:
      return 0
  }
}

function shortest(part: Part): number {
  switch (part.kind) {
    case 'character':
      return 1
    case 'sequence':
      return part.parts.reduce((sum, one) => sum + shortest(one), 0)
    case 'choice':
      return Math.min(...part.parts.map(shortest))
    case 'repeat':
      return part.min * shortest(part.part)
    case 'again':
      return shortest(part.part)
    default:
      return 0
  }
}

interface Reached {
  /** How many ways there are to each. */
  characters: Map<Character, number>
  nodes: Map<Character, Node>
  /** The end of everything, by a way that nothing refuses. */
  accepts: boolean
}

/** Every character that is next behind a node; no way leads over a node twice. */
function reachedFrom(automaton: Automaton, start: Node, atBegin: boolean): Reached {
  const characters = new Map<Character, number>()
  const nodes = new Map<Character, Node>()
  const onWay = new Set<Node>()
  let accepts = false
  const visit = (node: Node, isConditional: boolean) => {
    if (++automaton.steps > STEPS_MAX) throw new Error('has too many ways to tell')
    if (node === automaton.accept && !isConditional) accepts = true
    onWay.add(node)
    for (const edge of node) {
      if (edge.isBegin && !atBegin) continue
      if (edge.character !== undefined) {
        characters.set(edge.character, (characters.get(edge.character) ?? 0) + 1)
        nodes.set(edge.character, edge.to)
      } else if (!onWay.has(edge.to)) visit(edge.to, isConditional || edge.isConditional === true)
    }
    onWay.delete(node)
  }
  visit(start, false)
  return { characters, nodes, accepts }
}

/** The characters of an expression, each with those that can follow; the first of them stands for "begin later". */
function charactersOf(expression: RegExp, repetitionsMax: number): Character[] {
  const automaton: Automaton = {
    begin: [],
    accept: [],
    repetitionsMax,
    steps: 0,
    samples: samplesOf(expression.source),
    flags: expression.flags,
    known: new Map(),
  }
  automaton.accept = add(automaton, treeOf(expression), automaton.begin)
  const later: Character = {
    source: 'the begin',
    reads: (1n << BigInt(automaton.samples.length)) - 1n,
    next: new Map(),
    accepts: false,
  }
  const first = reachedFrom(automaton, automaton.begin, true)
  const afterwards = reachedFrom(automaton, automaton.begin, false)
  if (!expression.sticky && afterwards.characters.size > 0) {
    later.next = new Map([[later, 1], ...afterwards.characters])
    // What fits nothing fits at once.
    later.accepts = afterwards.accepts
  }
  const known = new Set<Character>([later])
  const open = [...first.nodes, ...afterwards.nodes]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [character, node] = next
    if (known.has(character)) continue
    known.add(character)
    const reached = reachedFrom(automaton, node, false)
    character.next = reached.characters
    character.accepts = reached.accepts
    open.push(...reached.nodes)
  }
  return [...known]
}

/** All that can come after, over any number of characters. */
function laterThan(characters: readonly Character[]): Map<Character, Set<Character>> {
  return new Map(
    characters.map((from) => {
      const reached = new Set<Character>()
      const open = [from]
      for (let one = open.pop(); one !== undefined; one = open.pop())
        for (const next of one.next.keys())
          if (!reached.has(next)) {
            reached.add(next)
            open.push(next)
          }
      return [from, reached]
    }),
  )
}

/** Whether three readers, at `from`, can be at `to` after one and the same text. Each keeps to the characters of `within`. */
function canMove(from: Character[], to: Character[], within: Set<Character>[]): boolean {
  const ids = new Map([...new Set(within.flatMap((characters) => [...characters]))].map((one, id) => [one, id]))
  const keyOf = (places: Character[]) => places.map((one) => ids.get(one)).join()
  const aim = keyOf(to)
  const seen = new Set<string>()
  const open = [from]
  for (let places = open.pop(); places !== undefined; places = open.pop()) {
    const steps = places.map(({ next }, reader) => [...next.keys()].filter((one) => within[reader]?.has(one)))
    for (const moved of together(steps)) {
      const key = keyOf(moved)
      if (key === aim) return true
      if (seen.has(key)) continue
      seen.add(key)
      open.push(moved)
    }
  }
  return false
}

/** One step of every reader, over a character that all of them read. */
function together(steps: Character[][], at = 0, reads = -1n): Character[][] {
  const [first] = steps.slice(at, at + 1)
  if (first === undefined) return [[]]
  return first.flatMap((one) => {
    const common = reads & one.reads
    return common === 0n ? [] : together(steps, at + 1, common).map((rest) => [one, ...rest])
  })
}

interface Ways {
  /** Characters that can come again after themselves. */
  rounds: Character[]
  after: Map<Character, Set<Character>>
}

function waysOf(expression: RegExp, repetitionsMax: number): Ways {
  const characters = charactersOf(expression, repetitionsMax)
  const after = laterThan(characters)
  return { rounds: characters.filter((one) => after.get(one)?.has(one)), after }
}

/** Why an expression may take more than linear work; undefined when it is linear. */
export function excessOf(expression: RegExp): string | undefined {
  try {
    return manyWays(waysOf(expression, DOUBLINGS_MAX)) ?? moreWays(waysOf(expression, REPETITIONS_MAX))
  } catch (error) {
    return (error as Error).message
  }
}

/** The number of ways doubles with a round: exponential work. */
function manyWays({ rounds, after }: Ways): string | undefined {
  for (const one of rounds) {
    const circle = new Set(rounds.filter((other) => after.get(one)?.has(other) && after.get(other)?.has(one)))
    for (const here of circle)
      for (const [next, ways] of here.next) {
        if (!circle.has(next)) continue
        if (ways > 1) return `exponential: there are two ways from ${here.source} to ${next.source}`
        for (const other of here.next.keys())
          if (other !== next && circle.has(other) && (other.reads & next.reads) !== 0n)
            if (canMove([next, other], [here, here], [circle, circle]))
              return `exponential: ${next.source} and ${other.source} read the same, again and again`
      }
  }
  return undefined
}

/** The number of ways grows with the text: a second repetition reads what a first one reads, and then nothing fits. */
function moreWays({ rounds, after }: Ways): string | undefined {
  const isBetween = (from: Character, to: Character) =>
    new Set([...(after.get(from) ?? [])].filter((one) => one === to || after.get(one)?.has(to)))
  for (const first of rounds)
    for (const second of rounds) {
      if (first === second || second.accepts || (first.reads & second.reads) === 0n) continue
      if (!after.get(first)?.has(second)) continue
      const within = [isBetween(first, first), isBetween(first, second), isBetween(second, second)]
      if (canMove([first, first, second], [first, second, second], within))
        return `quadratic at least: ${first.source} and ${second.source} read the same text, one behind the other`
    }
  return undefined
}
