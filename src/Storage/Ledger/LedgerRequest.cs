using Quorate.Contracts.Provenance;

namespace Quorate.Storage.Ledger;

/// <summary>Something a caller waits for the writer to do. It can be cancelled until the writer takes it up.</summary>
internal abstract class LedgerRequest(CancellationToken cancellationToken)
{
    public abstract void Complete();

    public abstract void Fail(Exception reason);

    protected abstract void Cancel(CancellationToken token);

    public bool CancelIfAsked()
    {
        if (cancellationToken.IsCancellationRequested)
        {
            Cancel(cancellationToken);
            return true;
        }

        return false;
    }
}

/// <summary>A request with an answer, which callers get once the transaction is durable.</summary>
internal abstract class LedgerRequest<T>(CancellationToken cancellationToken) : LedgerRequest(cancellationToken)
    where T : class
{
    public TaskCompletionSource<T> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public T? Result { get; set; }

    public override void Complete() => Completion.TrySetResult(Result!);

    public override void Fail(Exception reason) => Completion.TrySetException(reason);

    protected override void Cancel(CancellationToken token) => Completion.TrySetCanceled(token);
}

internal sealed class AppendRequest(LedgerDraft draft, string payload, CancellationToken cancellationToken) : LedgerRequest<LedgerEntry>(cancellationToken)
{
    public LedgerDraft Draft => draft;

    public string Payload => payload;
}

internal sealed class CheckpointRequest(CancellationToken cancellationToken) : LedgerRequest<LedgerCheckpoint>(cancellationToken);
