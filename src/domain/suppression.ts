// Who must not be messaged, and why.

/** Of several suppressions of a person the widest is named. */
export const suppressionScopes = ['all', 'marketing'] as const
export type SuppressionScope = (typeof suppressionScopes)[number]
/** Of equally wide ones the first of these: what the person asked for comes before what others found out. */
export const suppressionReasons = ['opted_out', 'blocked', 'invalid_number', 'erased'] as const
export type SuppressionReason = (typeof suppressionReasons)[number]

export interface Suppression {
  scope: SuppressionScope
  reason: SuppressionReason
}

export const useCases = ['marketing', 'utility', 'authentication', 'service'] as const
export type UseCase = (typeof useCases)[number]

/** Whether a suppression stops a message of a use case. */
export function stops(scope: SuppressionScope, useCase: UseCase): boolean {
  return scope === 'all' || useCase === 'marketing'
}
