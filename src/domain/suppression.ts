// Who must not be messaged, and the words with which people say so.

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

/**
 * Words that alone mean "no more": English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish,
 * Russian, Ukrainian, Arabic, Persian, Hebrew, Hindi, Indonesian, Chinese, Japanese.
 */
const stopWords = new Set(
  [
    'stop',
    'stop all',
    'stopall',
    'stop promotions',
    'unsubscribe',
    'unsubscribe me',
    'cancel',
    'end',
    'quit',
    'opt out',
    'optout',
    'remove me',
    'no more',
    'stopp',
    'abmelden',
    'abbestellen',
    'austragen',
    'keine werbung',
    'arret',
    'arrêt',
    'arrêter',
    'desabonner',
    'désabonner',
    'se désabonner',
    'désinscription',
    'alto',
    'baja',
    'darse de baja',
    'cancelar',
    'parar',
    'para',
    'sair',
    'remover',
    'descadastrar',
    'basta',
    'ferma',
    'cancella',
    'disiscrivimi',
    'cancellami',
    'afmelden',
    'uitschrijven',
    'rezygnuję',
    'rezygnuje',
    'wypisz',
    'dur',
    'iptal',
    'abonelikten çık',
    'стоп',
    'отписаться',
    'отписка',
    'відписатися',
    'قف',
    'توقف',
    'إلغاء',
    'الغاء الاشتراك',
    'إلغاء الاشتراك',
    'ستوپ',
    'توقف شود',
    'لغو',
    'הסר',
    'עצור',
    'रोकें',
    'बंद करो',
    'berhenti',
    'batal',
    '停止',
    '退订',
    '退訂',
    '取消订阅',
    '配信停止',
    '解除',
  ].map(normaliseWord),
)

function normaliseWord(text: string): string {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      // Turkish has two letters I: lower case leaves a loose dot of one, and takes the other for the first.
      .replace(/\u0307/g, '')
      .replace(/ı/g, 'i')
      .replace(/[\p{P}\p{S}\p{Cf}]/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim()
  )
}

/** Whether an inbound text asks for no more messages: the whole text, not a word somewhere in it. */
export function isStopWord(text: string): boolean {
  return text.length <= 200 && stopWords.has(normaliseWord(text))
}
