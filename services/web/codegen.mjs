// Writes src/data/operations.ts: of each operation in src/**/*.graphql its text, and the types of variables and result
// by the published schema. With --check it writes nothing, and fails when the file is not what it would write.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  buildSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  parse,
  print,
  typeFromAST,
  validate,
} from "graphql";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const OUT = join(HERE, "src/data/operations.ts");
const SCALARS = { ID: "string", String: "string", Int: "number", Float: "number", Boolean: "boolean", Seq: "number", JSON: "Json" };
const HEAD = `// Written by \`npm run codegen\` from *.graphql and the published schema; edits here are lost.
import type { Json } from "./json";

/** An operation with the types of what it takes and answers. */
export interface Operation<Result, Variables> {
  readonly name: string;
  readonly text: string;
  readonly "~types"?: (variables: Variables) => Result;
}
`;

const schema = buildSchema(readFileSync(join(HERE, "schema.graphql"), "utf8"));
const sources = readdirSync(join(HERE, "src"), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".graphql"))
  .sort()
  .map((name) => readFileSync(join(HERE, "src", name), "utf8"));
const document = parse(sources.join("\n"));
const fragments = new Map(document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION).map((each) => [each.name.value, each]));
const errors = validate(schema, document);
if (errors.length > 0) {
  for (const each of errors) console.error(String(each));
  process.exit(1);
}

const enums = new Set();
const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
const bodies = operations.map(operationText);
const text = [HEAD, ...[...enums].sort().map(enumText), ...bodies].join("\n");
if (process.argv.includes("--check")) {
  if (readFileSync(OUT, "utf8") !== text) {
    console.error("src/data/operations.ts is not what the queries and the schema say: npm run codegen");
    process.exit(1);
  }
} else {
  writeFileSync(OUT, text);
}

function enumText(name) {
  const values = schema.getType(name).getValues();
  return `export type ${name} = ${values.map((each) => JSON.stringify(each.name)).join(" | ")};\n`;
}

function operationText(operation) {
  const name = operation.name.value;
  const root = operation.operation === "query" ? schema.getQueryType() : schema.getMutationType();
  const used = [operation, ...fragmentsOf(operation)];
  const variables = (operation.variableDefinitions ?? []).map((each) => {
    const type = typeFromAST(schema, each.type);
    const optional = isNonNullType(type) && each.defaultValue === undefined ? "" : "?";
    return `  readonly ${each.variable.name.value}${optional}: ${inputType(type)}${optional ? " | undefined" : ""};`;
  });
  const query = JSON.stringify(print({ kind: Kind.DOCUMENT, definitions: used }).replace(/\s+/g, " "));
  return [
    `export interface ${name}Variables {`,
    ...variables,
    "}",
    "",
    `export interface ${name}Result ${selection(root, operation.selectionSet, "")}`,
    "",
    `export const ${name}: Operation<${name}Result, ${name}Variables> = {`,
    `  name: ${JSON.stringify(name)},`,
    `  text: ${query},`,
    "};",
    "",
  ].join("\n");
}

function fragmentsOf(node, found = new Map()) {
  for (const each of node.selectionSet?.selections ?? []) {
    if (each.kind === Kind.FRAGMENT_SPREAD && !found.has(each.name.value)) {
      const fragment = fragments.get(each.name.value);
      found.set(each.name.value, fragment);
      fragmentsOf(fragment, found);
    }
    fragmentsOf(each, found);
  }
  return [...found.values()];
}

function selection(type, set, indent) {
  const fields = new Map();
  collect(type, set, fields, indent);
  const lines = [...fields].map(([name, said]) => `${indent}  readonly ${name}: ${said};`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function collect(type, set, fields, indent) {
  for (const each of set.selections) {
    if (each.kind === Kind.FRAGMENT_SPREAD || each.kind === Kind.INLINE_FRAGMENT) {
      const fragment = each.kind === Kind.FRAGMENT_SPREAD ? fragments.get(each.name.value) : each;
      const on = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
      if (on !== type && isAbstractType(type) && !isAbstractType(on))
        throw new Error(`a fragment on ${on.name}, narrower than ${type.name}, has no type here`);
      collect(on, fragment.selectionSet, fields, indent);
      continue;
    }
    const name = each.name.value;
    const said = name === "__typename" ? "string" : outputType(type.getFields()[name].type, each.selectionSet, `${indent}  `);
    fields.set(each.alias?.value ?? name, said);
  }
}

function outputType(type, set, indent) {
  if (!isNonNullType(type)) return `${outputInner(type, set, indent)} | null`;
  return outputInner(type.ofType, set, indent);
}

function outputInner(type, set, indent) {
  if (isListType(type)) return `readonly (${outputType(type.ofType, set, indent)})[]`;
  const named = getNamedType(type);
  if (set) return selection(named, set, indent);
  return leaf(named);
}

function inputType(type) {
  if (!isNonNullType(type)) return `${inputInner(type)} | null`;
  return inputInner(type.ofType);
}

function inputInner(type) {
  if (isListType(type)) return `readonly (${inputType(type.ofType)})[]`;
  if (!isInputObjectType(type)) return leaf(type);
  const fields = Object.values(type.getFields()).map((each) => {
    const optional = isNonNullType(each.type) ? "" : "?";
    return `readonly ${each.name}${optional}: ${inputType(each.type)}${optional ? " | undefined" : ""}`;
  });
  return `{ ${fields.join("; ")} }`;
}

function leaf(type) {
  if (isEnumType(type)) {
    enums.add(type.name);
    return type.name;
  }
  return SCALARS[type.name] ?? "Json";
}
