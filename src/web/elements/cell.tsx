// A text of a stranger within a table: in its own direction, never longer than a cell can show.

const SHOWN = 60

export function Cell({ text }: { text: string }) {
  return <bdi class="cell">{text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}</bdi>
}
