/** The API group of everything that Syncline reads from Git as its own. */
export const configurationGroup = 'syncline.dev';

/**
 * Whether a text may hold an object of {@link configurationGroup}: cheap, so that charts, templates and other text that is
 * no YAML are never parsed for it, while a broken file that declares something is an error and not a removal.
 */
export const mayDeclare = (text: string): boolean =>
  /(?:^|[\s{,"'])apiVersion["']?\s*:\s*(?:[&!]\S*\s+)*["']?syncline\.dev\//.test(text);
