// Numbers with their nouns.

/** `1 person`, `2 people`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
