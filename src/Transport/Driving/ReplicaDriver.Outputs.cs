using Quorate.Protocol.Consensus;

namespace Quorate.Transport.Driving;

public sealed partial class ReplicaDriver
{
    private readonly List<Request> unverified = [];

    // What the machine produces while it is handled is only read after that.
    private void Perform()
    {
        var outputs = replica.Outputs;
        var isCheckpoint = Persist(outputs);
        foreach (var output in outputs)
        {
            Perform(output);
        }

        if (outputs.Count > 0)
        {
            links.Flush();
        }

        outputs.Clear();
        if (isCheckpoint && options.Log is { WantsCompaction: true } log)
        {
            log.Compact(replica.DurableRecords());
        }
    }

    /// <summary>One flush for the whole round: whatever the round says leaves after it.</summary>
    private bool Persist(List<Output> outputs)
    {
        if (options.Log is not { } log)
        {
            return false;
        }

        var (isAny, isCheckpoint) = (false, false);
        foreach (var output in outputs)
        {
            if (output.Content is DurableRecord record)
            {
                log.Append(record);
                isAny = true;
                isCheckpoint |= record.IsCheckpoint;
            }
        }

        if (isAny)
        {
            log.Flush();
        }

        return isCheckpoint;
    }

    private void Perform(in Output output)
    {
        switch (output.Kind)
        {
            case OutputKind.Send or OutputKind.Reply:
                links.Send(output.To, (Message)output.Content);
                break;
            case OutputKind.Broadcast:
                for (var to = 0; to < context.Membership.Replicas; to++)
                {
                    if (to != Id)
                    {
                        links.Send(to, (Message)output.Content);
                    }
                }

                break;
            case OutputKind.Decision:
                decided.Add((Decision)output.Content);
                options.Decided?.Invoke((Decision)output.Content);
                break;
            case OutputKind.OpinionWanted when options.Opinion is not null:
                _ = FormAsync((Request)output.Content);
                break;
            case OutputKind.FaultProven:
                options.FaultProven?.Invoke((Evidence)output.Content);
                break;
            case OutputKind.StateInstalled:
                options.StateInstalled?.Invoke((CheckpointProof)output.Content);
                break;
        }
    }

    private async Task FormAsync(Request question)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            if (await options.Opinion!(question, stopping.Token) is { } value)
            {
                inbox.Add(new Incoming(-1, (question.Digest(context.Crypto), value), value.Length));
                Pump(inline: true);
            }
        }
        catch (Exception) when (!stopping.IsCancellationRequested)
        {
            // Whatever kept this member from an opinion, the others decide without it.
            Interlocked.Increment(ref opinionsFailed);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The driver ends.
        }
    }

    /// <summary>Clients' signatures are the one check that comes in bulk; votes are verified one by one, only while they are needed.</summary>
    private void VerifyRequests(List<Incoming> messages)
    {
        if (options.Verifiers == 1 || !context.Options.SignedRequests)
        {
            return;
        }

        unverified.Clear();
        foreach (var message in messages)
        {
            if (message.Content is Request request && replica.Wants(request))
            {
                unverified.Add(request);
            }
            else if (message.Content is PrePrepare proposal && replica.Wants(proposal))
            {
                replica.Recognise(proposal);
                unverified.AddRange(proposal.Batch.Items.Select(item => item.Request).Where(inner => inner.Verdict == Verdict.Unknown));
            }
        }

        if (unverified.Count > 1)
        {
            Parallel.ForEach(unverified, new ParallelOptions { MaxDegreeOfParallelism = options.Verifiers }, request => MessageVerifier.Verify(context, request));
        }
    }
}
