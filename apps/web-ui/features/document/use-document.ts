import { useMemo, useState } from 'react'
import type { FieldErrors } from '../../api/http.ts'
import { errorsByField } from './field-errors.ts'
import type { ErrorsByField } from './field-errors.ts'
import { documentOf, getIn, withMember, withText } from './json-document.ts'
import type { Json, JsonDocument, JsonObject, Path } from './json-document.ts'

/** The state of a form and its editor: one document, the server's complaints by field, and whether anything changed. */
export type DocumentForm = {
  document: JsonDocument
  setText: (text: string) => void
  get: (path: Path) => Json | undefined
  set: (path: Path, value: Json | undefined) => void
  replace: (value: JsonObject) => void
  errors: ErrorsByField
  setErrors: (errors: readonly FieldErrors[]) => void
  error: (field: string) => string | undefined
  isDirty: boolean
}

export function useDocument(initial: JsonObject, claimed: readonly string[]): DocumentForm {
  const [document, setDocument] = useState(() => documentOf(initial))
  const [fieldErrors, setErrors] = useState<readonly FieldErrors[]>([])
  const errors = useMemo(() => errorsByField(fieldErrors, claimed), [fieldErrors, claimed])
  return {
    document,
    setText: (text) => setDocument((current) => withText(current, text)),
    get: (path) => getIn(document.value, path),
    set: (path, value) => setDocument((current) => withMember(current, path, value)),
    replace: (value) => setDocument(documentOf(value)),
    errors,
    setErrors,
    error: errors.at,
    isDirty: document.state === 'broken' || JSON.stringify(document.value) !== JSON.stringify(initial),
  }
}
