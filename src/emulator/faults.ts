// Decides which rules of a fault script act on a request. The same script, seed and requests give the same faults,
// whatever the order in which requests to different recipients arrive.
import { fractionOf } from './chance.ts'
import type { DialectName, RequestFacts } from './dialect.ts'
import { type FaultAction, type FaultPhase, type FaultScript, type ReadRule, readFaultScript } from './fault-script.ts'

export interface FaultSubject extends RequestFacts {
  dialect: DialectName
  method: string
  path: string
  body: string
}

export class Faults {
  #rules: ReadRule[] = []
  #seed: string
  #fallbackSeed: string
  /** Per rule: how often it matched, how often it acted, how often each recipient came. */
  #counts = new Map<ReadRule, { matched: number; acted: number; byRecipient: Map<string, number> }>()

  constructor(seed: string | number) {
    this.#seed = this.#fallbackSeed = String(seed)
  }

  /** Throws AppError config.invalid. */
  set(script: FaultScript): void {
    const { seed, rules } = readFaultScript(script)
    this.#rules = rules
    this.#seed = String(seed ?? this.#fallbackSeed)
    this.reset()
  }

  reset(): void {
    this.#counts = new Map()
  }

  /**
   * What happens to a request in a phase: delays and webhook orders of every rule that fires, and the first other action.
   */
  actionsFor(phase: FaultPhase, subject: FaultSubject): FaultAction[] {
    const actions: FaultAction[] = []
    let isDecided = false
    for (const [index, rule] of this.#rules.entries()) {
      if (rule.phase !== phase || !this.#fires(rule, index, subject)) continue
      const isBeside = rule.action.type === 'delay' || rule.action.type === 'webhooks'
      if (!isBeside && isDecided) continue
      isDecided ||= !isBeside
      actions.push(rule.action)
    }
    return actions
  }

  #fires(rule: ReadRule, index: number, subject: FaultSubject): boolean {
    const { match } = rule
    if (!concerns(match, subject)) return false
    const counts = this.#countsOf(rule)
    const recipient = digitsOf(subject.to ?? '') || `${subject.method} ${subject.path}`
    const visit = (counts.byRecipient.get(recipient) ?? 0) + 1
    counts.byRecipient.set(recipient, visit)
    counts.matched += 1
    const isFiring =
      (match.nth === undefined || [match.nth].flat().includes(counts.matched)) &&
      (match.every === undefined || counts.matched % match.every === 0) &&
      (match.times === undefined || counts.acted < match.times) &&
      (match.probability === undefined ||
        fractionOf(`${this.#seed}:${index}:${recipient}:${visit}`) < match.probability)
    if (isFiring) counts.acted += 1
    return isFiring
  }

  #countsOf(rule: ReadRule) {
    const known = this.#counts.get(rule)
    if (known !== undefined) return known
    const counts = { matched: 0, acted: 0, byRecipient: new Map<string, number>() }
    this.#counts.set(rule, counts)
    return counts
  }
}

function concerns({ dialect, operation, to, bodyIncludes }: ReadRule['match'], subject: FaultSubject): boolean {
  return (
    (dialect === undefined || dialect === subject.dialect) &&
    (operation === 'any' || operation === subject.operation) &&
    (to === undefined || [to].flat().some((phone) => digitsOf(phone) === digitsOf(subject.to ?? ''))) &&
    (bodyIncludes === undefined || subject.body.includes(bodyIncludes))
  )
}

function digitsOf(phone: string): string {
  return phone.replace(/\D/g, '')
}
