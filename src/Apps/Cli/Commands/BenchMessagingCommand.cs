using System.CommandLine;
using Quorate.Brokers;
using Quorate.Cli.Bench;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Measures messaging between agents.</summary>
internal static class BenchMessagingCommand
{
    private const string BrokerVariable = "QUORATE_BROKER";
    private const int MostMessages = 1_000_000;
    private const int MostPayload = 64 << 10;

    public static Command Create()
    {
        var messages = BenchCommand.Count("--messages", "Messages in process, in memory.", 200_000, MostMessages);
        var durable = BenchCommand.Count("--durable", "Messages through SQLite's outbox.", 50_000, MostMessages);
        var payload = BenchCommand.Count("--payload", "Bytes of a message.", 100, MostPayload);
        var broker = new Option<string?>("--broker") { Description = $"A RabbitMQ broker to measure as well, beside its bare client (default: ${BrokerVariable}, which does not show the password in the list of processes).", HelpName = "amqp://USER:PASSWORD@HOST:PORT/" };
        var brokerMessages = BenchCommand.Count("--broker-messages", "Messages through the broker.", 20_000, MostMessages);
        var command = new Command("messaging", "Messages a second between agents: in process, durable, and over RabbitMQ.") { messages, durable, payload, broker, brokerMessages };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var address = Address(parse.GetValue(broker) ?? Environment.GetEnvironmentVariable(BrokerVariable));
            var (memory, stored, carried) = (parse.GetValue(messages), parse.GetValue(durable), parse.GetValue(brokerMessages));
            var benchmark = new MessagingBenchmark(workspace.Time, parse.GetValue(payload));
            benchmark.Virtual(Math.Min(memory, 20_000));
            var inVirtual = benchmark.Virtual(memory);
            var inProcess = await benchmark.InProcessAsync(memory, null, token);
            await using var store = await TemporaryStore.OpenAsync(workspace.Time, token);
            var inStore = await benchmark.InProcessAsync(stored, store.Store.Messages, token);
            var prefix = workspace.Ids.Next("quorate-bench");
            double? bare = address is null ? null : await BareRabbitMq.RunAsync(address, prefix + ".bare", carried, parse.GetValue(payload), token);
            double? ours = address is null ? null : await benchmark.BrokerAsync(carried, address, prefix, token);
            if (address is not null)
            {
                await BareRabbitMq.DeleteAsync(address, [prefix + ".bare", prefix + ".a", prefix + ".b"], token);
            }

            Show(workspace.Output, new MessagingBenchDocument(memory, stored, parse.GetValue(payload), inVirtual, inProcess, inStore, ours, bare, address is null ? 0 : carried));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench messaging --messages 200000");
    }

    private static void Show(Output output, MessagingBenchDocument result) => output.Result(result, console =>
    {
        var table = new Table().AddColumn("way").AddColumn(new TableColumn("messages").RightAligned()).AddColumn(new TableColumn("messages/s").RightAligned());
        table.AddRow("in virtual time, one thread", $"{result.Messages:N0}", $"{result.VirtualPerS:N0}");
        table.AddRow("in process", $"{result.Messages:N0}", $"{result.InProcessPerS:N0}");
        table.AddRow("durable through SQLite's outbox", $"{result.DurableMessages:N0}", $"{result.DurablePerS:N0}");
        if (result.RabbitmqPerS is not null)
        {
            table.AddRow("RabbitMQ, quorum queue", $"{result.BrokerMessages:N0}", $"{result.RabbitmqPerS:N0}");
            table.AddRow("RabbitMQ, its bare client", $"{result.BrokerMessages:N0}", $"{result.RabbitmqBarePerS:N0}");
        }

        console.Write(table);
    });

    private static Uri? Address(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "amqp" or "amqps"
            ? address
            : throw QuorateException.Input("broker_address", "the broker's address is no amqp:// or amqps:// address", "amqp://USER:PASSWORD@HOST:5672/VHOST");
    }
}
