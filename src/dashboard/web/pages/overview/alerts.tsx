// SPDX-License-Identifier: Apache-2.0
//
// Images that were served and turned out to be bad: somebody has to go and look.
import { useState } from 'preact/hooks';
import { post } from '../../base/api';
import { useIsOperator } from '../../base/session';
import { counted } from '../../base/text';
import type { Event, Overview, RetroAlert } from '../../base/types';
import { useAnnounce } from '../../ui/announce';
import { Button } from '../../ui/button';
import { SeverityMark } from '../../ui/marks';
import { Panel } from '../../ui/page';
import { ReasonDialog } from '../../ui/reason';
import { ImageName, Text } from '../../ui/text';
import { Time } from '../../ui/time';

const isAlert = (alert: RetroAlert | Event): alert is RetroAlert => 'state' in alert;

const shownAtFirst = 3;

export function AlertsPanel({ overview, onChange }: { overview: Overview; onChange(): void }) {
  const alerts = overview.retro_alerts;
  const isOperator = useIsOperator();
  const [closing, setClosing] = useState<RetroAlert>();
  const [all, setAll] = useState(false);
  if (alerts.length === 0) return null;
  const open = overview.retro_alerts_open ?? alerts.length;
  return (
    <Panel title={`${counted(open, 'image')} served before ${open === 1 ? 'it' : 'they'} turned out bad`} class="verdict verdict-block">
      <ul class="alerts">
        {(all ? alerts : alerts.slice(0, shownAtFirst)).map((alert) => {
          const id = isAlert(alert) ? alert.id : alert.decision;
          return (
            <li key={id} class="alert">
              <SeverityMark of={alert.severity} />
              <div>
                <a href={`/reports/${encodeURIComponent(id)}`}>
                  <ImageName name={alert.name} reference={alert.reference} />
                </a>
                <Text of={alert.message} most={200} />
                <div class="small dim">
                  {isAlert(alert) && (
                    <>
                      <strong>{counted(alert.pullers_count, 'client')} got it</strong>
                      {alert.pullers.length > 0 && (
                        <>
                          : <Text of={alert.pullers.map((puller) => puller.user || puller.client).join(', ')} most={120} />
                        </>
                      )}{' '}
                      ·{' '}
                    </>
                  )}
                  <Time at={alert.at} as="relative" />
                </div>
              </div>
              {isOperator && isAlert(alert) && <Button onClick={() => setClosing(alert)}>Close…</Button>}
            </li>
          );
        })}
      </ul>
      {alerts.length > shownAtFirst && (
        <Button kind="quiet" expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Only the newest' : `Show ${counted(alerts.length - shownAtFirst, 'other')}`}
        </Button>
      )}
      {closing && (
        <CloseDialog
          alert={closing}
          onClose={() => setClosing(undefined)}
          onDone={() => {
            setClosing(undefined);
            onChange();
          }}
        />
      )}
    </Panel>
  );
}

function CloseDialog({ alert, onClose, onDone }: { alert: RetroAlert; onClose(): void; onDone(): void }) {
  const announce = useAnnounce();
  return (
    <ReasonDialog
      title="Close the alert"
      label="What was done"
      hint="It is recorded with your name. The image stays blocked."
      action="Close the alert"
      work={async (reason) => {
        await post(`/retro-alerts/${encodeURIComponent(alert.id)}/close`, { reason });
        announce('The alert is closed');
        onDone();
      }}
      onClose={onClose}
    >
      <ImageName name={alert.name} reference={alert.reference} />
    </ReasonDialog>
  );
}
