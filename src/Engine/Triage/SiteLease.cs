using Quorate.Contracts;
using Quorate.Engine.Ports;

namespace Quorate.Engine.Triage;

/// <summary>One Quorate at a time works on a site, or on a run of placements. Renewed while it is held; freed when disposed.</summary>
public sealed class SiteLease : IAsyncDisposable
{
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(5);

    private const int MaxTakeovers = 3;
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);

    private readonly ILeaseStore _leases;
    private readonly string _resource;
    private readonly string _owner;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _renewing;

    private SiteLease(ILeaseStore leases, string resource, string owner, TimeProvider time)
    {
        _leases = leases;
        _resource = resource;
        _owner = owner;
        _time = time;
        _renewing = Task.Run(RenewAsync);
    }

    public string Owner => _owner;

    /// <summary>Cancelled when another owner has it: nothing more may be done to it.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <param name="leases">Where leases are kept.</param>
    /// <param name="siteId">The site's id.</param>
    /// <param name="owner">As <see cref="LeaseOwner"/> writes it.</param>
    /// <param name="isDead">Whether a holder is certainly dead; its lease is taken over at once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="QuorateException"><c>site_busy</c>: a live owner holds it.</exception>
    public static Task<SiteLease> AcquireAsync(ILeaseStore leases, string siteId, string owner, Func<string, bool> isDead, TimeProvider time, CancellationToken cancellationToken) =>
        AcquireAsync(leases, ("site", siteId), owner, isDead, time, cancellationToken);

    /// <summary>The same for a run of placements.</summary>
    /// <exception cref="QuorateException"><c>run_busy</c>: a live owner holds it.</exception>
    public static Task<SiteLease> AcquireRunAsync(ILeaseStore leases, string run, string owner, TimeProvider time, CancellationToken cancellationToken) =>
        AcquireAsync(leases, ("run", run), owner, LeaseOwner.IsDead, time, cancellationToken);

    private static async Task<SiteLease> AcquireAsync(ILeaseStore leases, (string Kind, string Id) work, string owner, Func<string, bool> isDead, TimeProvider time, CancellationToken cancellationToken)
    {
        var resource = $"{work.Kind}:{work.Id}";
        string? holder = null;
        for (var i = 0; i < MaxTakeovers; i++)
        {
            if (await leases.TryAcquireAsync(resource, owner, Duration, cancellationToken))
            {
                return new SiteLease(leases, resource, owner, time);
            }

            holder = await leases.FindOwnerAsync(resource, cancellationToken);
            if (holder is not null && !isDead(holder))
            {
                break;
            }

            if (holder is not null)
            {
                await leases.ReleaseAsync(resource, holder, cancellationToken);
            }
        }

        throw QuorateException.Missing(
            $"{work.Kind}_busy",
            $"{work.Kind} {work.Id} is being worked on by another Quorate ({holder ?? "unknown"})",
            $"wait until it is done; a lease that nobody renews ends after {Duration.TotalSeconds:0} s");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing;
        using var deadline = new CancellationTokenSource(ReleaseTimeout, _time);
        try
        {
            await _leases.ReleaseAsync(_resource, _owner, deadline.Token);
        }
        catch (Exception)
        {
            // A lease that cannot be freed ends by itself; the reason for ending must not be hidden by this one.
        }

        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task RenewAsync()
    {
        var renewed = _time.GetTimestamp();
        while (true)
        {
            try
            {
                await Task.Delay(RenewInterval, _time, _stop.Token);
                if (!await _leases.TryAcquireAsync(_resource, _owner, Duration, _stop.Token))
                {
                    break;
                }

                renewed = _time.GetTimestamp();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception) when (_time.GetElapsedTime(renewed) < Duration)
            {
                // The store may answer again before the lease ends.
            }
            catch (Exception)
            {
                break;
            }
        }

        await _lost.CancelAsync();
    }
}
