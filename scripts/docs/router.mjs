import { ReflectionKind } from "typedoc";
import { ModuleRouter } from "typedoc-plugin-markdown";

/**
 * The plugin's pages, one for each module. The plugin gives members two anchors, and renders the second: the first of `Security.check`
 * would take that of `SecurityCheck`.
 */
export class ApiRouter extends ModuleRouter {
  buildAnchors(target, page) {
    if (page.kindOf(ReflectionKind.Module) && target.parent !== page) return;
    super.buildAnchors(target, page);
  }
}
