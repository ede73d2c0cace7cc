// What waits, in the order in which a claim would come to it.

export interface Due {
  dueAt: number
  scheduledAt: number
}

/** By due time, then planned time, then arrival: a binary heap. */
export class DueQueue<T extends Due> {
  readonly #heap: { item: T; order: number }[] = []
  #arrivals = 0

  get size(): number {
    return this.#heap.length
  }

  peek(): T | undefined {
    return this.#heap[0]?.item
  }

  push(item: T): void {
    const heap = this.#heap
    heap.push({ item, order: this.#arrivals++ })
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!this.#isBefore(i, parent)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  pop(): T | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top?.item
    heap[0] = last
    for (let i = 0; ; ) {
      const child = this.#earlierChild(i)
      if (child === undefined || !this.#isBefore(child, i)) return top.item
      this.#swap(i, child)
      i = child
    }
  }

  #earlierChild(i: number): number | undefined {
    const left = 2 * i + 1
    if (left >= this.#heap.length) return undefined
    return left + 1 < this.#heap.length && this.#isBefore(left + 1, left) ? left + 1 : left
  }

  #isBefore(i: number, j: number): boolean {
    const a = this.#heap[i]
    const b = this.#heap[j]
    if (a === undefined || b === undefined) return false
    return (a.item.dueAt - b.item.dueAt || a.item.scheduledAt - b.item.scheduledAt || a.order - b.order) < 0
  }

  #swap(i: number, j: number): void {
    const a = this.#heap[i]
    const b = this.#heap[j]
    if (a === undefined || b === undefined) return
    this.#heap[i] = b
    this.#heap[j] = a
  }
}
