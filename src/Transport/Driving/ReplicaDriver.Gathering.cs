using Quorate.Protocol.Consensus;

namespace Quorate.Transport.Driving;

/// <summary>
/// A leader's batches: signatures are for each batch, so two half-full ones cost twice as much as a full one. Clients
/// that were just answered usually ask again at once; the leader waits for them, at most a millisecond, and not for a
/// while after a wait that was in vain.
/// </summary>
public sealed partial class ReplicaDriver
{
    private const int GatheringMs = 1;

    /// <summary>Decisions without waiting after a wait in vain.</summary>
    private const int Patience = 32;

    private bool isWaiting;
    private int expected;
    private int impatient;
    private long waitingSince;

    // What came in one round goes into one batch.
    private void BeginGathering() => replica.Gather(replica.IsPrimary);

    private void EndGathering()
    {
        var answered = 0;
        foreach (var output in replica.Outputs)
        {
            answered += output.Content is Decision decision ? decision.Applied.Count : 0;
        }

        if (answered > 0 && replica.IsPrimary)
        {
            isWaiting = impatient == 0;
            impatient = Math.Max(0, impatient - 1);
            expected = replica.Gathered + answered;
            waitingSince = options.Time.GetTimestamp();
        }

        if (isWaiting && replica.IsPrimary && replica.Gathered < expected)
        {
            if (options.Time.GetElapsedTime(waitingSince).TotalMilliseconds < GatheringMs)
            {
                return;
            }

            impatient = Patience;
        }

        isWaiting = false;
        replica.Gather(false);
    }
}
