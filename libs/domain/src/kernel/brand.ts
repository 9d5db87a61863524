declare const brand: unique symbol;

/** A value that has passed one parser and is told apart from its bare type by the compiler. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
