using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;

namespace Quorate.Cli.Serving;

/// <summary>Keeps the signed outcome of each question in the ledger.</summary>
internal sealed class RecordedAskEngine(Workspace workspace, IAskEngine inner) : IAskEngine
{
    public async Task<AskResult> AskAsync(string jobId, AskRequest request, IAskObserver observer, CancellationToken cancellationToken)
    {
        var result = await inner.AskAsync(jobId, request, observer, cancellationToken);
        await AskParts.RecordAsync(workspace, result, cancellationToken);
        return result;
    }
}
