// Tables that are read: dense on a wide screen, one card for each row on a phone, with a sentence instead of nothing.
import type { Child } from 'hono/jsx'

interface TableProps {
  /** Names what it shows, for those who do not see it. */
  caption: string
  head: readonly Child[]
  /** Names of the columns where `head` holds more than texts. */
  labels?: readonly string[]
  rows: readonly (readonly Child[])[]
  /** Columns of numbers, by their place. */
  numbers?: readonly number[]
  /** The last row: what the others add up to. */
  total?: readonly Child[]
  /** Said when there are no rows: what to do next. */
  empty: Child
}

export function Table({ caption, head, labels, rows, numbers = [], total, empty }: TableProps) {
  if (rows.length === 0) return <p class="empty">{empty}</p>
  const kind = (column: number) => (numbers.includes(column) ? 'number' : undefined)
  return (
    <section class="scroll" tabindex={0} aria-label={caption}>
      <table class="rows">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {head.map((cell, column) => (
              <th scope="col" class={kind(column)}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell, column) => (
                <td class={kind(column)} {...labelOf(labels?.[column] ?? head[column])}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {total !== undefined && (
          <tfoot>
            <tr>
              {total.map((cell, column) => (
                <td class={kind(column)} {...labelOf(labels?.[column] ?? head[column])}>
                  {cell}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </section>
  )
}

/** Where there is no room for a head, each cell names its column itself. */
function labelOf(head: Child): { 'data-label'?: string } {
  return typeof head === 'string' && head !== '' ? { 'data-label': head } : {}
}

/** Names and values of one thing. */
export function Facts({ facts }: { facts: readonly (readonly [string, Child])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A status in a word, with a tone that does not carry the meaning alone; `label` where the word itself says too little. */
export function Badge({ status, label = status.replaceAll('_', ' ') }: { status: string; label?: string }) {
  return <span class={`badge badge-${status}`}>{label}</span>
}
