// What a user types into the editor for a campaign that can be saved, and a template that a provider has approved.
import type { ProviderTemplate } from '../../src/domain/template.ts'

/** Of the sender "main" and the list "people"; sent when it is launched. */
export const typedCampaign = {
  '/name': 'Spring sale',
  '/useCase': 'utility',
  '/sender': 'main',
  '/audience/lists': 'people',
  '/content/type': 'text',
  '/content/text': 'Hello',
  'schedule/kind': 'launch',
}

export const saleTemplate: ProviderTemplate = {
  name: 'sale',
  title: 'sale',
  language: 'en',
  status: 'approved',
  statusDetail: 'APPROVED',
  category: 'MARKETING',
  namespace: null,
  shape: { isNamed: false, header: null, body: [], buttons: [], cards: [] },
  text: { header: null, body: 'Hello, 20% off', footer: null, buttons: [], cards: [] },
}
