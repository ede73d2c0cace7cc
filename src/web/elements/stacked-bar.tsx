// One bar with its parts side by side in different colours. The legend says the same in numbers.
import { type ResultPart, resultParts } from '../../domain/results.ts'
import type { Format } from '../format.ts'
import { resultPartWords } from '../words.ts'

interface BarProps {
  parts: Record<ResultPart, number>
  isSmall?: boolean
}

export function StackedBar({ parts, isSmall = false }: BarProps) {
  const whole = resultParts.reduce((sum, part) => sum + parts[part], 0)
  let from = 0
  return (
    <svg class={isSmall ? 'stack small' : 'stack'} viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-back" width="1000" height="10" />
      {resultParts.map((part) => {
        const width = whole === 0 ? 0 : (parts[part] / whole) * 1000
        const x = from
        from += width
        return <rect class={`part-${part}`} data-part={part} x={x.toFixed(1)} width={width.toFixed(1)} height="10" />
      })}
    </svg>
  )
}

/** What the colours mean and the number for each; empty parts are hidden. */
export function Legend({ parts, format }: Pick<BarProps, 'parts'> & { format: Format }) {
  return (
    <ul class="legend">
      {resultParts.map((part) => (
        <li data-tile={part} hidden={parts[part] === 0}>
          <span class={`dot part-${part}`} aria-hidden="true" /> {resultPartWords[part]}{' '}
          <strong data-live={part}>{format.number(parts[part])}</strong>
        </li>
      ))}
    </ul>
  )
}
