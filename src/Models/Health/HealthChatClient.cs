using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Quorate.Models.Pipeline;

namespace Quorate.Models.Health;

/// <summary>Tells a member's health what its real calls show.</summary>
internal sealed class HealthChatClient(IChatClient inner, MemberHealth health, TimeProvider time) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var started = time.GetTimestamp();
        try
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken);
            health.Succeed(time.GetElapsedTime(started));
            return response;
        }
        catch (Exception error)
        {
            Judge(error, options, started);
            throw;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var started = time.GetTimestamp();
        await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception error)
            {
                Judge(error, options, started);
                throw;
            }

            yield return updates.Current;
        }

        health.Succeed(time.GetElapsedTime(started));
    }

    /// <summary>What a caller did wrong, such as a prompt too long, is no sign of the member's health.</summary>
    private void Judge(Exception error, ChatOptions? options, long started)
    {
        switch (error)
        {
            case ModelException { Failure: ModelFailure.Filtered }:
                health.Succeed(time.GetElapsedTime(started));
                break;
            case ModelException { Failure: ModelFailure.Refused, Status: not (401 or 402 or 403 or 404) }:
            case ModelException { Failure: ModelFailure.OverBudget }:
                break;
            case ModelException failure:
                health.FailCall($"{failure.Code}: {failure.Message}");
                break;
            case OperationCanceledException when CallDeadline.Of(options).Passed.IsCancellationRequested:
                health.FailCall("timeout: no complete answer before the call's deadline");
                break;
            default:
                break;
        }
    }
}

internal static class HealthChatClientExtensions
{
    public static IChatClient UseHealth(this IChatClient client, MemberHealth health, TimeProvider time) => new HealthChatClient(client, health, time);
}
