using System.Runtime.ExceptionServices;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask;

/// <summary>What one stage of a question needs to know.</summary>
/// <param name="JobId">The work.</param>
/// <param name="Name">answer, second, review or summary: begins the journal's keys.</param>
/// <param name="Observer">Hears of each end.</param>
/// <param name="Shown">As progress names the stage.</param>
internal sealed record Stage(string JobId, string Name, IAskObserver Observer, string Shown);

/// <summary>One member's call.</summary>
internal sealed record Call(Seat Seat, IReadOnlyList<ChatMessage> Messages);

/// <summary>
/// Asks members at once. Ends when all have ended, when the decision can no longer change, when the grace after a quorum
/// of usable answers has passed, or when the stage's time is up; calls that still run are then cancelled.
/// </summary>
internal sealed class FanOut(MemberCalls calls, AskOptions options, TimeProvider time)
{
    /// <param name="stage">The stage.</param>
    /// <param name="asked">Whom and what.</param>
    /// <param name="read">Makes a member's part of its raw answer: reads the vote, screens it.</param>
    /// <param name="isDecided">Of what is there and how many are open.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    /// <returns>One part for each call, in their order.</returns>
    public async Task<IReadOnlyList<MemberResponse>> RunAsync(
        Stage stage, IReadOnlyList<Call> asked, Func<MemberResponse, MemberResponse> read, Func<IEnumerable<MemberResponse>, int, bool> isDecided, CancellationToken cancellationToken)
    {
        // Not disposed: calls that end late still look at its token.
        var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ended = Channel.CreateUnbounded<(int Index, MemberResponse Response)>(new UnboundedChannelOptions { SingleReader = true });
        for (var i = 0; i < asked.Count; i++)
        {
            var index = i;
            _ = Task.Run(() => CallAsync(index, asked[index]), CancellationToken.None);
        }

        var parts = new MemberResponse?[asked.Count];
        try
        {
            var reason = await CollectAsync(stage, ended.Reader, parts, isDecided, cancellationToken);
            return [.. parts.Select((p, i) => p ?? Open(asked[i], reason))];
        }
        finally
        {
            await rest.CancelAsync();
        }

        async Task CallAsync(int index, Call call)
        {
            try
            {
                ended.Writer.TryWrite((index, Readable(read, await calls.AskAsync(stage, call, rest.Token))));
            }
            catch (OperationCanceledException)
            {
                // Nobody waits for it any more.
            }
            catch (Exception e)
            {
                // The journal failed: going on would lose what members are paid for.
                ended.Writer.TryComplete(e);
            }
        }
    }

    /// <summary>Fills in what ends in time; why the rest is not waited for.</summary>
    private async Task<MemberError> CollectAsync(
        Stage stage, ChannelReader<(int Index, MemberResponse Response)> ended, MemberResponse?[] parts, Func<IEnumerable<MemberResponse>, int, bool> isDecided, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.StageTimeout, time);
        using var grace = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token, grace.Token);
        ITimer? timer = null;
        try
        {
            for (var count = 1; count <= parts.Length; count++)
            {
                var (index, response) = await ended.ReadAsync(either.Token);
                parts[index] = response;
                stage.Observer.On(new AskProgress(stage.Shown, count, parts.Length, response));
                if (isDecided(parts.OfType<MemberResponse>(), parts.Length - count))
                {
                    return new MemberError(MemberError.NotNeeded, "the vote was decided without it");
                }

                if (timer is null && parts.Count(p => p is { Status: ResponseStatus.Ok }) >= options.QuorumOf(parts.Length))
                {
                    timer = time.CreateTimer(_ => Cancel(grace), null, options.Grace, Timeout.InfiniteTimeSpan);
                }
            }
        }
        catch (ChannelClosedException e) when (e.InnerException is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            while (ended.TryRead(out var last))
            {
                parts[last.Index] = last.Response;
            }
        }
        finally
        {
            if (timer is not null)
            {
                await timer.DisposeAsync();
            }
        }

        return limit.IsCancellationRequested && !grace.IsCancellationRequested
            ? new MemberError("timeout", FormattableString.Invariant($"no answer within {options.StageTimeout.TotalSeconds:0.#} s"))
            : new MemberError(MemberError.Straggler, FormattableString.Invariant($"no answer within {options.Grace.TotalSeconds:0.#} s after a quorum had answered"));
    }

    /// <summary>An answer that defeats its reader is its member's failure, not the panel's.</summary>
    private static MemberResponse Readable(Func<MemberResponse, MemberResponse> read, MemberResponse response)
    {
        try
        {
            return read(response);
        }
        catch (Exception e) when (e is RegexMatchTimeoutException or InvalidOperationException or ArgumentException)
        {
            return response with { Status = ResponseStatus.Excluded, Error = new MemberError("malformed", $"the answer cannot be read ({e.GetType().Name})") };
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The stage ended while the timer fired.
        }
    }

    private static MemberResponse Open(Call call, MemberError reason) => new()
    {
        Model = call.Seat.Name,
        Role = call.Seat.Role?.Name,
        Text = "",
        Status = reason.Code == "timeout" ? ResponseStatus.Failed : ResponseStatus.Cancelled,
        Error = reason,
        Prompt = MemberCalls.PromptOf(call.Messages),
    };
}
