import { useEffect, useState, type ReactNode } from 'react';
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  Dialog,
  Heading,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Modal,
  ModalOverlay,
  Popover,
  ProgressBar,
  Select,
  SelectValue,
  Text,
  TextField,
  Tooltip,
  TooltipTrigger,
  type ButtonProps,
  type TextFieldProps,
} from 'react-aria-components';
import type { StateWords, Tone } from '../words/states.ts';
import { Icon, type IconName } from './icon.tsx';

type Look = 'plain' | 'primary' | 'soft' | 'danger' | 'bare';

export function Button({
  look = 'plain',
  icon,
  small,
  children,
  ...rest
}: Omit<ButtonProps, 'className' | 'children'> & { look?: Look; icon?: IconName; small?: boolean; children: ReactNode }) {
  return (
    <AriaButton {...rest} className={`button ${look}${small ? ' small' : ''}`}>
      {icon && <Icon name={icon} size={16} />}
      {children}
    </AriaButton>
  );
}

/** A button that is only a picture: its words are read out, and shown when one rests on it. */
export function IconButton({ icon, label, ...rest }: Omit<ButtonProps, 'className' | 'children'> & { icon: IconName; label: string }) {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...rest} aria-label={label} className="icon-button">
        <Icon name={icon} />
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}

export const Pill = ({ words }: { words: Pick<StateWords, 'tone' | 'short'> }) => (
  <span className={`pill tone-${words.tone}`}>{words.short}</span>
);

/** Something worth saying in its place: calm, with what to do next. */
export function Notice({
  tone,
  icon = 'hand',
  children,
  actions,
}: {
  tone: Tone;
  icon?: IconName;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`notice tone-${tone}`} role="note">
      <Icon name={icon} />
      <div>
        {children}
        {actions && <div className="actions">{actions}</div>}
      </div>
    </div>
  );
}

/** A place with nothing in it, which is a state like any other. */
export function Nothing({ icon, title, children, actions }: { icon: IconName; title: string; children: ReactNode; actions?: ReactNode }) {
  return (
    <div className="nothing">
      <span className="mark">
        <Icon name={icon} size={26} />
      </span>
      <h2>{title}</h2>
      <p className="quiet">{children}</p>
      {actions && <div className="actions">{actions}</div>}
    </div>
  );
}

const WAITING_SHOWN_MS = 150;

/** Where something is on its way; not shown for what takes no time. */
export function Waiting({ lines = 5, label = 'Loading' }: { lines?: number; label?: string }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), WAITING_SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="waiting" role="status">
      <p className="hidden-words">{label}</p>
      {isShown && Array.from({ length: lines }, (_, line) => <span key={line} style={{ width: `${88 - ((line * 37) % 50)}%` }} />)}
    </div>
  );
}

export function Meter({ part, label, direction = 'down' }: { part: number; label: string; direction?: 'up' | 'down' }) {
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 100);
  return (
    <ProgressBar value={percent} aria-label={label} className={`meter ${direction}`}>
      <div style={{ width: `${percent}%` }} />
    </ProgressBar>
  );
}

/** A dialog over the page; Escape and a press beside it close it, and the focus goes back to where it was. */
export function Sheet({
  title,
  isOpen,
  onClose,
  wide,
  children,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <ModalOverlay className="veil" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className={`sheet${wide ? ' wide' : ''}`}>
        <Dialog>
          <div className="sheet-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton icon="close" label="Close" onPress={onClose} />
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Asks before something that the person would have to take back by hand. */
export function AskFirst({
  title,
  children,
  act,
  isOpen,
  onClose,
  onAct,
}: {
  title: string;
  children: ReactNode;
  act: string;
  isOpen: boolean;
  onClose: () => void;
  onAct: () => void;
}) {
  return (
    <Sheet title={title} isOpen={isOpen} onClose={onClose}>
      <div>{children}</div>
      <div className="sheet-foot">
        <Button onPress={onClose}>Leave it as it is</Button>
        <Button
          look="danger"
          onPress={() => {
            onClose();
            onAct();
          }}
        >
          {act}
        </Button>
      </div>
    </Sheet>
  );
}

export function Field({
  label,
  hint,
  placeholder,
  ...rest
}: Omit<TextFieldProps, 'className' | 'children'> & { label: string; hint?: string; placeholder?: string }) {
  return (
    <TextField {...rest} className="field">
      <Label>{label}</Label>
      <Input className="input" {...(placeholder && { placeholder })} />
      {hint && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
    </TextField>
  );
}

export function SearchBox({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  return (
    <TextField aria-label={label} value={value} onChange={onChange} className="search">
      <Icon name="search" />
      <Input className="input" placeholder={label} type="search" />
    </TextField>
  );
}

export function Choice<Key extends string>({
  label,
  value,
  of,
  onChange,
}: {
  label: string;
  value: Key;
  of: readonly { key: Key; name: string }[];
  onChange: (key: Key) => void;
}) {
  return (
    <Select aria-label={label} selectedKey={value} onSelectionChange={(key) => key !== null && onChange(key as Key)}>
      <AriaButton className="select-button">
        <SelectValue className="one-line" />
        <Icon name="chevron" size={16} />
      </AriaButton>
      <Popover className="popover">
        <ListBox>
          {of.map(({ key, name }) => (
            <ListBoxItem key={key} id={key} textValue={name} className="option">
              {name}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

export function Checkbox({
  label,
  isSelected,
  isIndeterminate = false,
  isDisabled = false,
  onChange,
  children,
}: {
  label: string;
  isSelected: boolean;
  isIndeterminate?: boolean;
  isDisabled?: boolean;
  onChange: (isSelected: boolean) => void;
  children?: ReactNode;
}) {
  return (
    <AriaCheckbox
      className="checkbox"
      aria-label={label}
      isSelected={isSelected}
      isIndeterminate={isIndeterminate}
      isDisabled={isDisabled}
      onChange={onChange}
    >
      <span className="box">
        <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
          <path d={isIndeterminate ? 'M2.5 6h7' : 'M2 6.500l2.7 2.700L10 3.5'} />
        </svg>
      </span>
      {children}
    </AriaCheckbox>
  );
}
