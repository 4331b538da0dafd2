using Quorate.Contracts;
using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask;

/// <summary>Puts one question to the panel.</summary>
public interface IAskEngine
{
    /// <param name="jobId">Names the work; asked again under the same id, no member that has answered is called again.</param>
    /// <param name="request">What to ask.</param>
    /// <param name="observer">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it without a result.</param>
    /// <exception cref="QuorateException">Input: the request names something unknown or is out of its limits.</exception>
    Task<AskResult> AskAsync(string jobId, AskRequest request, IAskObserver observer, CancellationToken cancellationToken);
}

/// <summary>Hears of the progress of a question; called from several threads.</summary>
public interface IAskObserver
{
    void On(AskProgress progress);
}

/// <summary>Nobody wants to hear.</summary>
public sealed class NoAskObserver : IAskObserver
{
    public void On(AskProgress progress)
    {
    }
}

/// <param name="Stage">asking, asking again, analysing, reviewing, aggregating, certifying or done; those in between are left out where there is nothing to do.</param>
/// <param name="Ended">Members that have answered or failed in this stage.</param>
/// <param name="Members">Members asked in this stage.</param>
/// <param name="Response">The member's part that has just ended, or null.</param>
public sealed record AskProgress(string Stage, int Ended, int Members, MemberResponse? Response = null);

/// <summary>Keeps what members answered, so that a question survives the process that works on it.</summary>
public interface IAskJournal
{
    /// <summary>Raw answers by <c>stage/member</c>, such as <c>answer/qwen</c>, and in the end the whole <c>result</c>.</summary>
    Task<IReadOnlyDictionary<string, string>> ReadAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>Durable when it returns; the first value of a key stays.</summary>
    Task AppendAsync(string jobId, string key, string value, CancellationToken cancellationToken);
}
