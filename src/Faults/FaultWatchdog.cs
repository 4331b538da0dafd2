using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>
/// Takes faults of one site back when their time is up, or the process is gone for which they are held: the loop of a
/// process of its own, which outlives whoever injected them. Of several, one watches. It ends when nothing is on record
/// and nobody is left who may inject more.
/// </summary>
/// <param name="injector">Of the site; takes back what is due.</param>
/// <param name="stateDirectory">The folder that the injector works in.</param>
/// <param name="siteId">Id of the site.</param>
/// <param name="starter">Who started it, and may still inject; null: nobody.</param>
/// <param name="time">The clock.</param>
public sealed class FaultWatchdog(FaultInjector injector, string stateDirectory, string siteId, FaultOwner? starter, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>After this long without success it leaves the record to a person.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(2);

    private readonly FaultRecords records = new(stateDirectory, siteId);

    /// <summary>Starts this very program again with these arguments, in a session of its own that outlives this process.</summary>
    /// <exception cref="QuorateException">setsid is not on this machine.</exception>
    public static void Start(IEnumerable<string> arguments) => HostTools.StartDetached([.. HostTools.Self(), .. arguments]);

    /// <param name="tell">Told of every fault taken back, and of every failure (with a null receipt).</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Func<FaultReceipt?, string, Task> tell, CancellationToken cancellationToken)
    {
        while (await WaitForTurnAsync(cancellationToken) is { } watching)
        {
            using (watching)
            {
                if (!await WatchAsync(tell, cancellationToken))
                {
                    return;
                }
            }
            // Whoever found this one watching has left: what came on record since is for this one still.
            if (records.Read().Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>Null when another one watches, and whoever started this one is gone: what it has put on record the other one sees.</summary>
    private async Task<IDisposable?> WaitForTurnAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            bool alone = starter?.Lives() != true;
            if (records.TryLock($"{siteId}.watch") is { } watching)
            {
                return watching;
            }
            if (alone)
            {
                return null;
            }
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Until nothing is left to watch; false when it has given up.</summary>
    private async Task<bool> WatchAsync(Func<FaultReceipt?, string, Task> tell, CancellationToken cancellationToken)
    {
        TimeSpan pause = Poll;
        long succeeded = time.GetTimestamp();
        while (time.GetElapsedTime(succeeded) < Patience)
        {
            bool mayCome = starter?.Lives() == true;
            try
            {
                IReadOnlyList<FaultReceipt> active = records.Read();
                if (active.Count == 0 && !mayCome)
                {
                    return true;
                }
                if (active.Any(IsDue))
                {
                    await injector.RevertWhereAsync(IsDue, cancellationToken, reverted => tell(reverted, $"reverted {reverted.Name} on {reverted.Target}"));
                }
                (pause, succeeded) = (Poll, time.GetTimestamp());
            }
            catch (Exception failure) when (failure is PlatformException or QuorateException or IOException)
            {
                pause = pause <= Poll ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
                await tell(null, failure.Message);
            }
            await Task.Delay(pause, time, cancellationToken);
        }
        return false;
    }

    private bool IsDue(FaultReceipt receipt) =>
        receipt.Deadline is not { } deadline || time.GetUtcNow() >= deadline || receipt.Owner?.Lives() == false || (!receipt.Applied && receipt.Owner is null);
}
