/**
 * node-forge's ASN.1 and nothing else of it: a sixth of the time to load, and of the bytes in a bundle. Text is "binary": one
 * character for each byte. `@types/node-forge` knows neither this file nor all that is used here.
 */
declare module "node-forge/lib/asn1.js" {
  interface Node {
    readonly tagClass: number;
    readonly type: number;
    readonly value: string | readonly Node[];
  }
  interface Bytes {
    getBytes(): string;
  }
  const asn1: {
    readonly Class: { readonly UNIVERSAL: number; readonly CONTEXT_SPECIFIC: number };
    readonly Type: Readonly<
      Record<
        | "BITSTRING"
        | "BOOLEAN"
        | "GENERALIZEDTIME"
        | "INTEGER"
        | "OCTETSTRING"
        | "OID"
        | "SEQUENCE"
        | "SET"
        | "UTCTIME"
        | "UTF8",
        number
      >
    >;
    create(tagClass: number, type: number, constructed: boolean, value: string | readonly Node[]): Node;
    toDer(node: Node): Bytes;
    fromDer(der: string, options: { readonly decodeBitStrings: boolean }): Node;
    oidToDer(dotted: string): Bytes;
    derToOid(bytes: string): string;
    dateToUtcTime(date: Date): string;
    dateToGeneralizedTime(date: Date): string;
  };
  export default asn1;
}
