namespace Quorate.Protocol.Consensus.Simulation;

public sealed partial class ConsensusSimulation
{
    private void Flush(SimulatedNode node, Replica machine)
    {
        var isLiar = IsLiar(node.Id);
        var isCheckpoint = false;
        var isChanged = false;
        foreach (var output in machine.Outputs)
        {
            if (node.CrashIn >= 0 && node.CrashIn-- == 0)
            {
                options.Trace?.Invoke($"{now / 1000,6} ms  r{node.Id} crashes");
                node.Crash();
                return;
            }

            isCheckpoint |= output.Content is DurableRecord { IsCheckpoint: true };
            isChanged |= output.Kind is OutputKind.Decision or OutputKind.StateInstalled;
            Handle(node, machine, output, isLiar);
        }

        machine.Outputs.Clear();
        if (isCheckpoint && random.Chance(500))
        {
            node.Compact();
        }

        if (isChanged && !isLiar)
        {
            monitor.CheckChain(node.Id, machine.Executed, node.Application.Chain);
        }
    }

    private void Handle(SimulatedNode node, Replica machine, in Output output, bool isLiar)
    {
        switch (output.Kind)
        {
            case OutputKind.Persist:
                node.Persist((DurableRecord)output.Content);
                if (!isLiar && output.Content is DurableRecord { Message: StateData data })
                {
                    monitor.OnCheckpoint(node.Id, data);
                }

                break;
            case OutputKind.Send or OutputKind.Broadcast:
                Emit(node, machine, output, isLiar);
                break;
            case OutputKind.Reply:
                var reply = (Reply)output.Content;
                if (!isLiar)
                {
                    monitor.OnReply(reply);
                }

                queue.Add(now + Delay(node.Id), EventKind.Answer, output.To, node.Id, isLiar ? liars.Falsify(reply) : reply);
                break;
            case OutputKind.OpinionWanted:
                var question = (Request)output.Content;
                queue.Add(now + random.Between(100, 4_000), EventKind.Opinion, node.Id, node.Id, question.Digest(node.Context.Crypto));
                break;
            case OutputKind.Decision when !isLiar:
                Trace(node, $"decides {((Decision)output.Content).Sequence}");
                monitor.OnDecision(node.Id, (Decision)output.Content);
                break;
            case OutputKind.StateInstalled when !isLiar:
                Trace(node, $"takes over the state at {((CheckpointProof)output.Content).Sequence}");
                monitor.OnState(node.Id, (CheckpointProof)output.Content);
                break;
            case OutputKind.FaultProven when !isLiar:
                Trace(node, $"proves {((Evidence)output.Content).Kind} of r{((Evidence)output.Content).Accused}");
                monitor.OnEvidence(node.Id, (Evidence)output.Content);
                break;
        }
    }

    private void Trace(SimulatedNode node, string what) => options.Trace?.Invoke($"{now / 1000,6} ms  r{node.Id} {what}");

    private void Emit(SimulatedNode node, Replica machine, in Output output, bool isLiar)
    {
        var message = (Message)output.Content;
        var to = output.Kind == OutputKind.Send ? 1UL << output.To : ((1UL << nodes.Length) - 1) & ~(1UL << node.Id);
        if (isLiar)
        {
            liars.Emit(node.Id, to, message, Transmit);
            return;
        }

        monitor.OnSent(node.Id, machine, message);
        Transmit(node.Id, to, message);
    }

    /// <summary>Puts a message, or damaged bytes, on its way to every replica in the mask.</summary>
    private void Transmit(int from, ulong mask, object content)
    {
        for (var to = 0; to < nodes.Length; to++)
        {
            if ((mask >> to & 1) == 1)
            {
                TransmitOne(from, to, content);
            }
        }
    }

    private void TransmitOne(int from, int to, object content)
    {
        if (now < plan.HealAt)
        {
            if (IsCut(from, to) || (plan.Loss > 0 && random.Chance(plan.Loss)))
            {
                return;
            }

            if (plan.Duplication > 0 && random.Chance(plan.Duplication))
            {
                queue.Add(now + Delay(from) + Delay(to), EventKind.Deliver, to, from, content);
            }

            if (plan.Corruption > 0 && content is Message whole && random.Chance(plan.Corruption))
            {
                content = Damage(whole);
            }
        }

        queue.Add(now + Delay(from), EventKind.Deliver, to, from, content);
    }

    private byte[] Damage(Message message)
    {
        var bytes = message.Encoded.ToArray();
        if (random.Chance(200))
        {
            return bytes[..random.Below(bytes.Length)];
        }

        for (var i = 1 + random.Below(3); i > 0; i--)
        {
            bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(8));
        }

        return bytes;
    }

    private bool IsCut(int from, int to)
    {
        foreach (var partition in plan.Partitions)
        {
            if (now >= partition.From && now < partition.To && from < nodes.Length
                && (partition.Side >> from & 1) != (partition.Side >> to & 1))
            {
                return true;
            }
        }

        return false;
    }

    private long Delay(int from)
    {
        var delay = plan.Delay + (plan.Jitter > 0 ? random.Below(plan.Jitter) : 0);
        return from < nodes.Length && (plan.Slow >> from & 1) == 1 && now < plan.HealAt ? delay * 10L : delay;
    }

    private void Ask(SimulatedClient client, Request? repeated)
    {
        if (repeated is not null && repeated != client.Current)
        {
            return;
        }

        var request = repeated ?? client.Next();
        if (request is null)
        {
            return;
        }

        monitor.Asked(request);
        var everyone = (1UL << nodes.Length) - 1;
        var isDirect = repeated is null && request.Type == RequestKind.Operation && random.Chance(500);
        Transmit(client.Id, isDirect ? 1UL << random.Below(nodes.Length) : everyone, request);
        queue.Add(now + RetryAfter, EventKind.Ask, client.Id, client.Id, request);
    }

    private void OnAnswer(in SimulatedEvent next)
    {
        var client = next.To - nodes.Length;
        if ((uint)client >= (uint)clients.Length || !clients[client].Take(next.From, (Reply)next.Content!))
        {
            return;
        }

        monitor.OnAnswer(clients[client].Current!.Key, clients[client].Answer!);
        queue.Add(now + 100, EventKind.Ask, next.To, next.To, null);
    }
}
