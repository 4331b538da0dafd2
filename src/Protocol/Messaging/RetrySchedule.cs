using Quorate.Contracts;

namespace Quorate.Protocol.Messaging;

/// <summary>
/// Exponential backoff with jitter (Brooker, "Exponential Backoff and Jitter", 2015): the pause doubles up to a
/// bound, and a share of it is drawn by lot, the same lot for the same seed, message and attempt.
/// </summary>
public static class RetrySchedule
{
    /// <param name="options">First and longest pause, and the share that is drawn.</param>
    /// <param name="attempt">Attempts made so far; 1 or more.</param>
    /// <param name="seed">Of the sender.</param>
    /// <param name="lot">Tells messages apart.</param>
    /// <returns>Milliseconds until the next attempt; at least 1.</returns>
    public static long Pause(MessagingOptions options, int attempt, ulong seed, ulong lot)
    {
        var doublings = Math.Min(attempt - 1, 32);
        var pause = Math.Min(options.MaxRetry, (double)options.FirstRetry * (1L << doublings));
        var drawn = (SplitMix.Of(seed ^ SplitMix.Of(lot ^ ((ulong)attempt << 48))) >> 11) * (1.0 / (1UL << 53));
        return Math.Max(1, (long)(pause * (1 - (options.JitterPercent / 100.0 * drawn))));
    }
}
