/** The shape of the generated tables, and messages as the codecs look at them. */

export type FieldLabel = 'required' | 'optional' | 'repeated' | 'map'

export type FieldOptions = {
  readonly default?: string | number | boolean
  readonly deprecated?: boolean
  readonly oneof?: string
}

/** Name, number, label, type (a scalar's name, a full name, or `map<key,value>`), options. */
export type FieldRow = readonly [name: string, number: number, label: FieldLabel, type: string, options?: FieldOptions]
