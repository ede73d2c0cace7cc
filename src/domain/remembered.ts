// What is read again and again from a few texts is read once for each. Bounded: when it is full, it begins anew.

export interface Bounds {
  /** Texts that are remembered. */
  most: number
  /** Longer ones are read each time, so that what is remembered stays within some megabytes. */
  longest: number
}

/** A reading that remembers what it found; what it throws is not remembered. */
export function remembered<T>(read: (text: string) => T, { most, longest }: Bounds): (text: string) => T {
  const known = new Map<string, { found: T }>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before.found
    const found = read(text)
    if (text.length > longest) return found
    if (known.size >= most) known.clear()
    known.set(text, { found })
    return found
  }
}
