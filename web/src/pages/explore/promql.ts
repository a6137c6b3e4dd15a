// The editor for PromQL: heavy, and so loaded only by those who show it.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { history, historyKeymap, standardKeymap } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, LRLanguage, syntaxHighlighting } from '@codemirror/language';
import { linter } from '@codemirror/lint';
import { EditorState, Prec, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
// The parts and not the whole: that brings a client of its own with a cache.
import { HybridComplete } from '@prometheus-io/codemirror-promql/dist/esm/complete/hybrid';
import { HybridLint } from '@prometheus-io/codemirror-promql/dist/esm/lint/hybrid';
import { parser } from '@prometheus-io/lezer-promql';
import { labelNames, labelValues, listMetrics, type MetricInfo } from '~/api/prometheus';
import { quoted } from '~/dashboards/expr';

/** What an editor is made of. */
export interface EditorSettings {
  /** In a tree of its own the editor needs no style element, which the page's policy would refuse. */
  parent: ShadowRoot;
  text: string;
  label: string;
  placeholder: string;
  onchange: (text: string) => void;
  /** Enter, which does not begin a line here; Shift and Enter does. */
  onsubmit: () => void;
}

export interface Editor {
  /** Puts in another text. */
  set(text: string): void;
  focus(): void;
  close(): void;
}

const none = { ok: false as const };

/** Asks for what can be completed; what fails completes nothing. */
function completions() {
  const selector = (metric: string | undefined) => (metric ? metric : undefined);
  let declared: Promise<MetricInfo[]> | undefined;
  const infos = () => (declared ??= listMetrics().then((result) => (result.ok ? result.data : [])));
  const orEmpty = async (asked: Promise<{ ok: true; data: string[] } | { ok: false }>) => {
    const result = await asked.catch(() => none);
    return result.ok ? result.data : [];
  };
  return {
    labelNames: (metric?: string) => orEmpty(labelNames(selector(metric))),
    labelValues: (label: string, metric?: string) => orEmpty(labelValues(label, selector(metric))),
    metricNames: () => orEmpty(labelValues('__name__')),
    metricMetadata: async () =>
      Object.fromEntries(
        (await infos()).map((metric) => [metric.name, [{ type: metric.kind, help: metric.help }]]),
      ),
    series: async (metric: string) => {
      const names = await orEmpty(labelNames(`{__name__=${quoted(metric)}}`));
      return [new Map(names.map((name) => [name, '']))];
    },
    flags: () => Promise.resolve({}),
  };
}

const promql = LRLanguage.define({
  parser: parser.configure({ top: 'PromQL' }),
  languageData: {
    closeBrackets: { brackets: ['(', '[', '{', "'", '"', '`'] },
    commentTokens: { line: '#' },
  },
});

/** PromQL with what can be completed, and marks at mistakes. */
function language(): Extension {
  const complete = new HybridComplete(completions());
  const mistakes = new HybridLint().promQL();
  return [
    promql,
    promql.data.of({ autocomplete: complete.promQL.bind(complete) }),
    // Lengths that are left open are filled in later; until then it is no PromQL.
    linter((view) => (view.state.doc.toString().includes('$__') ? [] : mistakes(view))),
  ];
}

const colours = HighlightStyle.define([
  { tag: tags.name, color: 'var(--text)' },
  { tag: tags.function(tags.variableName), color: 'var(--accent-text)' },
  { tag: tags.standard(tags.variableName), color: 'var(--accent-text)' },
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--accent-text)' },
  { tag: tags.labelName, color: 'var(--code-label)' },
  { tag: [tags.string, tags.number], color: 'var(--code-value)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--critical)' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13.5px', backgroundColor: 'transparent', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 12px' },
  '.cm-placeholder': { color: 'var(--text-3)', fontFamily: 'var(--font)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--accent-soft)',
    outline: '1px solid var(--accent)',
  },
  '.cm-tooltip': {
    border: '1px solid var(--border-strong)',
    borderRadius: '8px',
    backgroundColor: 'var(--surface)',
    boxShadow: 'var(--shadow-l)',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '12.5px', maxHeight: '19em' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px !important', color: 'var(--text)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--text)',
  },
  '.cm-completionDetail': { color: 'var(--text-3)', fontStyle: 'normal', marginLeft: '12px' },
  '.cm-completionIcon': { display: 'none' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent-text)', fontWeight: '600' },
  '.cm-completionInfo': { maxWidth: '320px', padding: '8px 10px', color: 'var(--text-2)' },
  '.cm-diagnostic': { padding: '6px 10px', color: 'var(--text-2)', fontFamily: 'var(--font)' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--critical-mark)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--critical-mark)',
    textUnderlineOffset: '3px',
  },
});

/** Makes an editor. */
export function openEditor(settings: EditorSettings): Editor {
  const view = new EditorView({
    parent: settings.parent,
    state: EditorState.create({
      doc: settings.text,
      extensions: [
        history(),
        closeBrackets(),
        bracketMatching(),
        autocompletion({ icons: false }),
        syntaxHighlighting(colours),
        language(),
        placeholder(settings.placeholder),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': settings.label }),
        look,
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap]),
        Prec.high(
          keymap.of([
            {
              key: 'Enter',
              run: (at) => {
                // With the list of completions open, Enter takes one of them.
                if (at.dom.querySelector('.cm-tooltip-autocomplete')) return false;
                settings.onsubmit();
                return true;
              },
              shift: () => false,
            },
          ]),
        ),
        keymap.of(standardKeymap),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) settings.onchange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    focus() {
      view.focus();
      view.dispatch({ selection: { anchor: view.state.doc.length } });
    },
    close() {
      view.destroy();
    },
  };
}
