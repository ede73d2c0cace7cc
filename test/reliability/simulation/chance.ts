// Chance that can be repeated: every choice is a function of the seed and of what it is about, not of how many were made
// before it. So a step that is left out changes nothing about the others.

/** A number in [0, 1) for a seed and a name. */
export function chanceOf(seed: number, ...about: (string | number)[]): number {
  let hash = mixed(seed | 0)
  for (const part of about) {
    const text = String(part)
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hash = mixed(hash ^ 0x2f)
  }
  return mixed(hash) / 2 ** 32
}

/** The last mixing step of murmur3. */
function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Numbers one after the other, for what is made in one go. */
export class Chance {
  readonly #seed: number
  readonly #name: string
  #count = 0

  constructor(seed: number, name: string) {
    this.#seed = seed
    this.#name = name
  }

  next(): number {
    return chanceOf(this.#seed, this.#name, this.#count++)
  }

  /** A whole number from `from` through `through`. */
  whole(from: number, through: number): number {
    return from + Math.floor(this.next() * (through - from + 1))
  }

  /** Small numbers are as likely as large ones: each power of ten as often as the next. */
  spread(from: number, through: number): number {
    return from * (through / from) ** this.next()
  }

  is(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.whole(0, items.length - 1)] as Item
  }
}
