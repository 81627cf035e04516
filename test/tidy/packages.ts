// Checks of packages: tests, project references, layers and imports.
import path from "node:path";
import ts from "typescript-api";
import { eachNode, isSource, syntax, type TreeFile } from "./tree.ts";

const LAYERS = [
  ...["libaudit", "auparse", "kernel", "bus", "client", "simulator", "operations", "services"],
  "cli",
];

interface Workspace {
  readonly dir: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly references: readonly string[];
}

/** Source files with code in them and no test file of their name in the same package. */
export function untestedFiles(files: readonly TreeFile[]): string[] {
  const paths = files.map((source) => source.path);
  return files
    .filter((source) => isSource(source.path) && source.path.endsWith(".ts") && hasCode(source))
    .filter((source) => {
      const match = /^((?:packages|services)\/[^/]+)\/src\/(?:.*\/)?([^/]+)\.ts$/.exec(source.path);
      const [, dir = "", module = ""] = match ?? [];
      return (
        match !== null &&
        !["index", "main"].includes(module) &&
        !paths.some((test) => test.startsWith(`${dir}/test/`) && isTestOf(test, module))
      );
    })
    .map((source) => source.path);
}

function isTestOf(test: string, module: string): boolean {
  return path.posix.basename(test) === `${module}.test.ts`;
}

/** Whether a file does anything at run time; types, interfaces and re-exports do not. */
function hasCode(source: TreeFile): boolean {
  return syntax(source).statements.some(
    (statement) =>
      !(
        ts.isInterfaceDeclaration(statement) ||
        ts.isTypeAliasDeclaration(statement) ||
        ts.isImportDeclaration(statement) ||
        ts.isExportDeclaration(statement)
      ),
  );
}

/** Packages whose project references differ from their dependencies on other packages. */
export function wrongReferences(files: readonly TreeFile[]): string[] {
  const workspaces = readWorkspaces(files);
  const nameOf = new Map(workspaces.map(({ dir, name }) => [dir, name]));
  return workspaces.flatMap(({ dir, dependencies, references }) => {
    const named = references.map((reference) => nameOf.get(reference) ?? reference);
    return [
      ...dependencies
        .filter((name) => !named.includes(name))
        .map((name) => `${dir}/tsconfig.json: no reference to ${name}, a dependency`),
      ...named
        .filter((name) => !dependencies.includes(name))
        .map((name) => `${dir}/package.json: no dependency on ${name}, a reference`),
    ];
  });
}

/** Dependencies that do not point down in the order of the layers. */
export function wrongLayers(files: readonly TreeFile[]): string[] {
  const workspaces = readWorkspaces(files);
  const dirOf = new Map(workspaces.map(({ dir, name }) => [name, dir]));
  return workspaces.flatMap(({ dir, name, dependencies }) => {
    const own = layerOf(dir);
    if (own < 0) {
      return [`${dir}: not in the order of the layers: ${LAYERS.join(" < ")}`];
    }
    return dependencies
      .filter((dependency) => {
        const layer = layerOf(dirOf.get(dependency) ?? "");
        return layer < 0 || layer >= own || (dir === "packages/bus" && layer > 0);
      })
      .map((dependency) => `${name} may not depend on ${dependency}`);
  });
}

function layerOf(dir: string): number {
  const [group = "", name = ""] = dir.split("/");
  return LAYERS.indexOf(group === "services" ? group : name);
}

/** Imports of a package that the importing package does not depend on. */
export function undeclaredImports(files: readonly TreeFile[]): string[] {
  return readManifests(files).flatMap(({ dir, name: own, all }) =>
    files
      .filter((source) => source.path.startsWith(`${dir}/src/`) && isSource(source.path))
      .flatMap((source) =>
        importsOf(source)
          .filter((name) => name !== own && !all.includes(name))
          .map((name) => `${source.path}: imports ${name}, no dependency of ${dir}`),
      ),
  );
}

/** The names of the packages that a file imports, Node.js's own left out. */
function importsOf(source: TreeFile): string[] {
  const names = new Set<string>();
  eachNode(source, (node) => {
    const isImport = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
    const isCall =
      ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const from = isImport ? node.moduleSpecifier : isCall ? node.arguments[0] : undefined;
    if (from && ts.isStringLiteralLike(from) && !/^(\.|\/|node:)/.test(from.text)) {
      names.add(from.text.split("/", from.text.startsWith("@") ? 2 : 1).join("/"));
    }
  });
  return [...names];
}

interface Manifest {
  readonly dir: string;
  readonly name: string;
  readonly all: readonly string[];
}

function readManifests(files: readonly TreeFile[]): Manifest[] {
  return files.flatMap((manifest) => {
    const match = /^((?:packages|services)\/[^/]+)\/package\.json$/.exec(manifest.path);
    if (match === null) {
      return [];
    }
    const { name, dependencies = {} } = JSON.parse(manifest.text);
    return [{ dir: match[1] ?? "", name, all: Object.keys(dependencies) }];
  });
}

function readWorkspaces(files: readonly TreeFile[]): Workspace[] {
  return readManifests(files).map(({ dir, name, all }) => {
    const config = files.find((candidate) => candidate.path === `${dir}/tsconfig.json`);
    const { references = [] } = ts.parseConfigFileTextToJson("", config?.text ?? "{}").config;
    return {
      dir,
      name,
      dependencies: all.filter((dependency) => dependency.startsWith("@cauditd/")),
      references: references.map((reference: { path: string }) =>
        path.posix.join(dir, reference.path),
      ),
    };
  });
}
