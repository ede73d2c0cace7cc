// Words of a file in which other bytes than those of ASCII stand: for each such byte some, wherever in the file they come.

/** Words kept for each byte, and their longest. */
const WORDS_PER_BYTE = 24
const WORD_LENGTH_MAX = 40

export class WordSampler {
  readonly #byByte = new Map<number, Set<string>>()
  #word: number[] = []
  #isHigh = false

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (isOfWord(byte)) {
        if (this.#word.length < WORD_LENGTH_MAX) this.#word.push(byte)
        this.#isHigh ||= byte >= 0x80
      } else if (this.#word.length > 0) this.#endWord()
    }
  }

  /** Each word once, one character a byte. */
  finish(): string[] {
    this.#endWord()
    return [...new Set([...this.#byByte.values()].flatMap((words) => [...words]))]
  }

  #endWord(): void {
    if (this.#isHigh) this.#keep(this.#word)
    this.#word = []
    this.#isHigh = false
  }

  #keep(word: readonly number[]): void {
    const text = String.fromCharCode(...word)
    for (const byte of new Set(word)) {
      if (byte < 0x80) continue
      const words = this.#byByte.get(byte) ?? new Set()
      if (words.size < WORDS_PER_BYTE) this.#byByte.set(byte, words.add(text))
    }
  }
}

function isOfWord(byte: number): boolean {
  return byte >= 0x80 || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x27
}
