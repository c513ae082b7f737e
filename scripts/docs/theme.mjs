import { MarkdownTheme, MarkdownThemeContext } from "typedoc-plugin-markdown";

/**
 * The plugin's pages without what a signature says already: parameters and results nobody has words for, and where a member comes
 * from. Each member of a union of objects is a table.
 */
export class ApiTheme extends MarkdownTheme {
  getRenderContext(page) {
    const context = new MarkdownThemeContext(this, page, this.application.options);
    const { accessor, signature, signatureReturns, typeDeclarationUnionContainer } = context.partials;
    Object.assign(context.partials, {
      inheritance: () => "",
      accessor(model, options) {
        const { getSignature, setSignature } = model;
        if (getSignature === undefined || setSignature !== undefined) return accessor(model, options);
        const comment = getSignature.comment ?? model.comment;
        return sections([
          context.partials.signatureTitle(getSignature, { accessor: "get" }),
          comment === undefined ? "" : context.partials.comment(comment, { headingLevel: options.headingLevel }),
        ]);
      },
      signature(model, options) {
        const title = context.partials.signatureTitle(model, { accessor: options.accessor });
        const parameters = model.parameters?.filter(isDescribed);
        const described = Object.create(model, { parameters: { value: parameters } });
        return sections([options.hideTitle ? "" : title, signature(described, { ...options, hideTitle: true })]);
      },
      signatureReturns(model, options) {
        return model.comment?.getTag("@returns") === undefined ? "" : signatureReturns(model, options);
      },
      typeDeclarationUnionContainer(model, options) {
        const fields = model.type.types.map((type) => type.declaration?.children);
        if (fields.includes(undefined)) return typeDeclarationUnionContainer(model, options);
        return sections(fields.map((each) => context.partials.propertiesTable(each.toSorted(literalsFirst))));
      },
    });
    return context;
  }
}

/** Whether there is more to say of a parameter than its signature does. */
function isDescribed({ comment, type }) {
  const fields = type?.type === "reflection" ? (type.declaration.children ?? []) : [];
  return comment !== undefined || fields.some((field) => field.comment !== undefined);
}

/** What tells a member of a union from the others is what it is read by. */
function literalsFirst(one, other) {
  return Number(other.type?.type === "literal") - Number(one.type?.type === "literal");
}

function sections(parts) {
  return parts.filter((part) => part !== "").join("\n\n");
}
