/** Whether the command palette is open, and the help sheet. */
class Overlays {
  palette = $state(false);
  help = $state(false);
}

export const overlays = new Overlays();
